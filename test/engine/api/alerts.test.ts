import { describe, expect, it } from 'vitest'
import { fakeEngine } from './fake-engine.ts'

const raise = (series: bigint, time: number) => ({
  rule: 'anomaly',
  series,
  region: 'eu',
  severity: 'high' as const,
  message: 'two\nlines',
  time,
  value: 9,
  score: 5,
})

describe('GET /v1/alerts', () => {
  it('gives alerts by state, the latest change first, with the counts', () => {
    const { get, view } = fakeEngine()
    view.alerts.raise(raise(65537n, 10))
    view.alerts.raise(raise(131073n, 20))
    view.alerts.clear({ rule: 'anomaly', series: 65537n, time: 30 })
    const listed = (query: string): string[] =>
      (get(`/v1/alerts${query}`).json as { alerts: { device: string }[] }).alerts.map((alert) => alert.device)
    expect(get('/v1/alerts').json).toMatchObject({ open: 1, raised: 2, notOpened: 0 })
    expect(listed('')).toEqual(['#1', '#2'])
    expect(listed('?limit=1')).toEqual(['#1'])
    expect(listed('?state=firing')).toEqual(['#2'])
    expect(listed('?state=resolved&token=secret')).toEqual(['#1'])
    expect(get('/v1/alerts?state=on').json).toMatchObject({
      code: 'bad-request',
      message: 'query: state: "on" is not allowed; allowed: pending, firing, resolved',
    })
  })
})

describe('GET /v1/alerts/stream', () => {
  function follow() {
    const engine = fakeEngine()
    const chunks: string[] = []
    const response = engine.get('/v1/alerts/stream')
    const end = response.stream?.((chunk) => chunks.push(chunk))
    return { ...engine, response, chunks, end }
  }

  /** Events as an EventSource would see them. */
  const eventsOf = (chunks: string[]): { event: string; count: number }[] =>
    chunks
      .join('')
      .split('\n\n')
      .filter((block) => block.startsWith('event: '))
      .map((block) => {
        const [event, data] = block.split('\n')
        const { count } = JSON.parse(data.slice('data: '.length)) as { count: number }
        return { event: event.slice('event: '.length), count }
      })

  it('is a stream of server-sent events', () => {
    const { response, chunks } = follow()
    expect(response).toMatchObject({ status: 200, contentType: 'text/event-stream', body: '' })
    expect(chunks).toEqual([': following alerts\n\n'])
  })

  it('sends raised and resolved at once, and the latest update once a second', () => {
    const { view, chunks, clock } = follow()
    view.alerts.raise(raise(65537n, 10))
    for (let i = 0; i < 100; i++) view.alerts.raise(raise(65537n, 20))
    expect(eventsOf(chunks)).toEqual([{ event: 'raised', count: 1 }])
    clock.pass(1000)
    clock.pass(1000)
    view.alerts.raise(raise(65537n, 30))
    view.alerts.clear({ rule: 'anomaly', series: 65537n, time: 40 })
    clock.pass(1000)
    expect(eventsOf(chunks)).toEqual([
      { event: 'raised', count: 1 },
      { event: 'updated', count: 101 },
      { event: 'resolved', count: 102 },
    ])
  })

  it('sends a comment now and then while nothing happens', () => {
    const { chunks, clock } = follow()
    clock.pass(31_000)
    expect(chunks.slice(1)).toEqual([': heartbeat\n\n', ': heartbeat\n\n'])
  })

  it('ends with the client, leaving nothing behind', () => {
    const { view, chunks, clock, end } = follow()
    view.alerts.raise(raise(65537n, 10))
    view.alerts.raise(raise(65537n, 10))
    end?.()
    const before = chunks.length
    view.alerts.raise(raise(131073n, 10))
    clock.pass(60_000)
    expect(chunks.length).toBe(before)
    expect(clock.running).toBe(0)
  })

  it('refuses parameters it does not have', () => {
    expect(fakeEngine().get('/v1/alerts/stream?state=firing').json).toMatchObject({
      message: 'query: "state": no such key; allowed: after',
    })
  })
})
