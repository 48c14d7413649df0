import { describe, expect, it } from 'vitest'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { checkSink } from '../../src/sinks/sink-kinds.ts'
import type { SinkResult } from '../../src/sinks/sink.ts'
import { deskOf, originOf, sinkNode } from './desk-for-tests.ts'
import { until } from './receiver.ts'

describe('options of sinks', () => {
  it.each([
    [
      { type: 'consol' },
      'type: "consol" is not allowed; allowed: console, file, webhook, subscribers, callback',
    ],
    [{ type: 'constructor' }, 'type: "constructor" is not allowed'],
    [{ type: 'console', colour: 1 }, '"colour": no such key; allowed: type, content, buffer'],
    [{ type: 'console', content: 'xml' }, 'content: "xml" is not allowed; allowed: record, item'],
    [{ type: 'file' }, 'path: undefined is not allowed; allowed: the name of a file'],
    [{ type: 'file', path: 'a/' }, 'path: "a/" is not allowed'],
    [
      { type: 'file', path: 'a', rotate: { keep: -1 } },
      'rotate.keep: -1 is not allowed; allowed: a whole number from 0 to 100,000',
    ],
    [{ type: 'file', path: 'a', buffer: { whenFull: 'block' } }, 'allowed: drop-oldest, drop-newest'],
    [{ type: 'webhook', url: 'ftp://a' }, 'url: "ftp://a" is not allowed; allowed: an http or https URL'],
    [{ type: 'webhook', url: 'https://u:p@a' }, 'without user and password'],
    [
      { type: 'webhook', url: 'https://a', secret: 'short' },
      'secret: "(not shown)" is not allowed; allowed: a text of at least 16',
    ],
    [{ type: 'webhook', url: 'https://a', headers: { Host: 'b' } }, 'headers: an object is not allowed'],
    [{ type: 'webhook', url: 'https://a', headers: { a: 'b\r\nc: d' } }, 'headers: an object is not allowed'],
    [{ type: 'subscribers', recent: { items: 0 } }, 'recent.items: 0 is not allowed'],
  ])('%j is refused with what is allowed', (spec, words) => expect(checkSink(spec)).toContain(words))

  it.each([
    { type: 'console' },
    { type: 'callback' },
    { type: 'subscribers', recent: { items: 5 } },
    { type: 'file', path: 'out.ndjson', rotate: { bytes: 1, everyMs: 60_000, keep: 3 }, sync: 'batch' },
    {
      type: 'webhook',
      url: 'https://hook.example/a',
      secret: { env: 'HOOK' },
      headers: { authorization: 'Bearer a' },
    },
  ])('%j is fine', (spec) => expect(checkSink(spec)).toBeUndefined())

  it('are checked before anything is opened', async () => {
    const { desk, open } = deskOf(new VirtualClock())
    await expect(
      open(sinkNode('good', { type: 'console' }), sinkNode('bad', { type: 'x' })),
    ).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('p, bad: type: "x"') as string,
    })
    expect(desk.stats()).toEqual([])
  })
})

describe('SinkDesk', () => {
  it('prints records with names for their numbers, a line each, and knows its sinks', async () => {
    const { desk, open, printed, statsOf } = deskOf(new VirtualClock())
    await open(sinkNode('c', { type: 'console' }))
    expect(desk.item('p', 'c', { text: 'two\nlines' }, originOf('a'))).toBe(true)
    desk.item('p', 'c', undefined, originOf('b', { device: 0, metric: 0, region: 0, tier: 2 }))
    expect(desk.item('p', 'other', 1, originOf('c'))).toBe(false)
    expect(desk.item('other', 'c', 1, originOf('c'))).toBe(false)
    await until(() => statsOf('c').delivered === 2)
    const place = { pipeline: 'p', node: 'c', time: 1000 }
    const lines = printed.join('').trimEnd().split('\n')
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      {
        id: 'a',
        ...place,
        device: 'pump-7',
        metric: 'metric-2',
        region: 'region-1',
        tier: 'critical',
        item: { text: 'two\nlines' },
      },
      { id: 'b', ...place, tier: 'standard', item: null },
    ])
  })

  it('counts what JSON cannot hold', async () => {
    const { desk, open, statsOf } = deskOf(new VirtualClock())
    await open(sinkNode('c', { type: 'console' }))
    desk.item('p', 'c', 1n, originOf('a'))
    expect(statsOf('c')).toMatchObject({ unwritable: 1, waiting: 0 })
  })

  it('gives what waits within its limit when it is closed, then counts it', async () => {
    const clock = new VirtualClock()
    let isOpen = false
    const { desk, open, give, statsOf } = deskOf(clock, {
      print: async () => {
        if (!isOpen) throw new Error('not now')
      },
    })
    await open(sinkNode('c', { type: 'console' }))
    give('c', 0, 3)
    await until(() => statsOf('c').failingSince !== null)
    isOpen = true
    await desk.close(10_000)
    expect(statsOf('c')).toMatchObject({ delivered: 3, dropped: 0 })
    give('c', 3, 5)
    expect(statsOf('c')).toMatchObject({ delivered: 3, dropped: 2 })
    await expect(open()).rejects.toMatchObject({ code: 'closed' })
  })

  it('ends though a sink hangs', async () => {
    const clock = new VirtualClock()
    const { desk, open, give, statsOf } = deskOf(clock, { print: () => new Promise(() => undefined) })
    await open(sinkNode('c', { type: 'console' }))
    give('c', 0, 3)
    let isClosed = false
    void desk.close(5000).then(() => (isClosed = true))
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(isClosed).toBe(false)
    clock.advance(5000)
    await until(() => isClosed)
    expect(statsOf('c')).toMatchObject({ delivered: 0, dropped: 3 })
  })
})

describe('callback', () => {
  it('waits while nobody listens, and for what a listener does', async () => {
    const clock = new VirtualClock()
    const told: SinkResult[] = []
    const state = { isHeard: false, go: (): void => undefined }
    const tell = (result: SinkResult): Promise<void> => {
      told.push(result)
      return new Promise((resolve) => (state.go = resolve))
    }
    const { open, give, statsOf } = deskOf(clock, { results: { isHeard: () => state.isHeard, tell } })
    await open(sinkNode('r', { type: 'callback' }))
    give('r', 0, 2)
    await until(() => statsOf('r').lastError === 'nobody listens to results')
    state.isHeard = true
    clock.advance(60_000)
    await until(() => told.length === 1)
    expect(told).toEqual([{ id: 'i0', pipeline: 'p', node: 'r', time: 1000, item: { n: 0 } }])
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(told.length).toBe(1)
    state.go()
    await until(() => told.length === 2)
    state.go()
    await until(() => statsOf('r').delivered === 2)
  })

  it.each(['dead-letter', 'skip'] as const)(
    'costs the item that a listener throws over: %s',
    async (onError) => {
      const clock = new VirtualClock()
      const tell = ({ item }: SinkResult): void => {
        if ((item as { n: number }).n === 1) throw new TypeError('no')
      }
      const { open, give, statsOf, letters } = deskOf(clock, { results: { isHeard: () => true, tell } })
      await open(sinkNode('r', { type: 'callback' }, { onError, retries: 2 }))
      give('r', 0, 3)
      while (statsOf('r').delivered < 2) {
        clock.advance(1000)
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      expect(statsOf('r')).toMatchObject({ refused: 1, retried: 2 })
      const letter = { node: 'r', item: { n: 1 }, cause: 'callback: TypeError: no' }
      expect(letters).toMatchObject(onError === 'skip' ? [] : [letter])
    },
  )
})
