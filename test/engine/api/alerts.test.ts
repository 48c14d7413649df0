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

describe('alerts that people see to', () => {
  const ID = encodeURIComponent('anomaly:10001:10')

  it('are filtered by what they say of themselves, page by page', () => {
    const { get, view } = fakeEngine()
    for (let i = 1; i <= 5; i++) view.alerts.raise(raise(BigInt(i) * 65536n + 1n, i))
    const first = get('/v1/alerts?limit=2').json as { alerts: { device: string }[]; next: number }
    expect(first.alerts.map(({ device }) => device)).toEqual(['#5', '#4'])
    expect(get(`/v1/alerts?limit=9&before=${first.next}`).json).toMatchObject({
      alerts: [{ device: '#3' }, { device: '#2' }, { device: '#1' }],
      next: null,
    })
    const match = encodeURIComponent('{severity="high", device=~"#[23]"}')
    expect(get(`/v1/alerts?match=${match}`).json).toMatchObject({
      alerts: [{ device: '#3' }, { device: '#2' }],
    })
    expect(get('/v1/alerts?rule=other&device=%231').json).toMatchObject({ alerts: [] })
    expect(get('/v1/alerts?match=severity').json).toMatchObject({
      message: 'matchers[0]: "severity": allowed: label="value" with =, !=, =~ or !~',
    })
  })

  it('are acknowledged, looked at and given back', () => {
    const { call, get, view } = fakeEngine()
    view.alerts.raise(raise(65537n, 10))
    const path = `/v1/alerts/${ID}`
    const body = { by: 'ann', comment: 'on my way' }
    expect(call('POST', `${path}/acknowledge`, body).json).toMatchObject({ acknowledged: body })
    expect(get('/v1/alerts?acknowledged=true').json).toMatchObject({ alerts: [{ acknowledged: body }] })
    expect(get(path).json).toMatchObject({ evidence: [{ value: 9, score: 5 }], labels: { region: 'eu' } })
    expect(call('DELETE', `${path}/acknowledge`).json).toMatchObject({ acknowledged: null })
    expect(call('POST', `${path}/acknowledge`, { who: 'ann' }).json).toMatchObject({
      message: expect.stringContaining('"who": no such key; allowed: by, comment') as string,
    })
    expect(get('/v1/alerts/nope')).toMatchObject({ status: 404 })
    view.alerts.clear({ rule: 'anomaly', series: 65537n, time: 30 })
    expect(call('POST', `${path}/acknowledge`, body)).toMatchObject({ status: 409 })
  })

  it('are silenced and held', () => {
    const { call, get, view, clock } = fakeEngine()
    view.alerts.raise(raise(65537n, 10))
    const silence = { matchers: ['rule="anomaly"'], forMs: 60_000, by: 'ann' }
    const made = call('POST', '/v1/silences', silence)
    expect(made).toMatchObject({ status: 201, json: { state: 'active', endsAt: clock.epochMs() + 60_000 } })
    const { id } = made.json as { id: string }
    expect(get(`/v1/alerts?suppressed=true`).json).toMatchObject({
      alerts: [{ suppressedBy: [`silence:${id}`] }],
    })
    expect(get('/v1/silences').json).toMatchObject({ silences: [{ id, by: 'ann', state: 'active' }] })
    expect(call('DELETE', `/v1/silences/${id}`).json).toMatchObject({ id, state: 'expired' })
    expect(get(`/v1/silences/${id}`).json).toMatchObject({ state: 'expired' })
    expect(get('/v1/silences/nope')).toMatchObject({ status: 404 })
    const until = clock.epochMs() + 1000
    expect(call('POST', '/v1/holds', { matchers: ['region=eu'], until, reason: 'oil' })).toMatchObject({
      status: 201,
      json: { endsAt: until, comment: 'oil' },
    })
    expect(get('/v1/alerts').json).toMatchObject({
      alerts: [{ suppressedBy: [expect.stringMatching(/^maintenance:/)] }],
    })
    for (const [path, body, message] of [
      ['silences', { matchers: ['rule=x'], by: 'ann' }, 'body: allowed: one of endsAt and forMs'],
      ['silences', { matchers: 'rule=x', forMs: 1, by: 'ann' }, 'body: matchers: "rule=x" is not allowed'],
      ['silences', { ...silence, matchers: ['a=~"("'] }, 'not a regular expression'],
      ['holds', { matchers: ['rule=x'], until: 5 }, 'endsAt: 5 is not allowed'],
    ] as const)
      expect(call('POST', `/v1/${path}`, body).json).toMatchObject({
        code: 'bad-request',
        message: expect.stringContaining(message) as string,
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

  it('goes on after the event that came last', () => {
    const engine = fakeEngine()
    const { view } = engine
    view.alerts.raise(raise(65537n, 10))
    view.alerts.raise(raise(131073n, 20))
    const heard = (query: string): string => {
      const chunks: string[] = []
      engine.get(`/v1/alerts/stream${query}`).stream?.((chunk) => chunks.push(chunk))()
      return chunks.join('')
    }
    const ids = [...heard('?after=long-ago').matchAll(/^id: (.+)$/gm)].map(([, id]) => id)
    expect(ids).toHaveLength(2)
    expect(heard(`?after=${ids[0]}`)).toContain('"device":"#2"')
    expect(heard(`?after=${ids[0]}`)).not.toContain('"device":"#1"')
    expect(heard(`?after=${ids[1]}`)).not.toContain('event:')
    expect(heard('')).not.toContain('event:')
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
