import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src/core/clock.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'
import { isForbidden } from '../../src/core/outbound/forbidden-addresses.ts'
import { NodePoster } from '../../src/sinks/webhook/node-poster.ts'
import { checkSink } from '../../src/sinks/sink-kinds.ts'
import { deskOf, sinkNode, temporaryFolder } from './desk-for-tests.ts'
import { hangUp, receiver, silence, status, until } from './receiver.ts'

const TIME = { timeout: 60_000 }
const SECRET = 'a secret of enough characters'

const hook = (url: string, over: object = {}) => ({
  type: 'webhook',
  url,
  allowPrivate: true,
  batch: { items: 4, waitMs: 0 },
  ...over,
})

const idsFrom = (from: number, until: number): string[] =>
  Array.from({ length: until - from }, (_, at) => `i${from + at}`)

/** Lets time pass a little at a time, with turns for what happens outside. */
async function pass(clock: VirtualClock, ms: number, holds: () => boolean): Promise<void> {
  for (let passed = 0; passed < ms && !holds(); passed += 100) {
    clock.advance(100)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  await until(holds)
}

describe('webhook', () => {
  it('posts items in order, in batches, signed over time and body', TIME, async () => {
    const { url, received } = await receiver()
    const { open, give, statsOf } = deskOf(systemClock())
    await open(sinkNode('w', hook(url, { secret: SECRET, headers: { 'x-from': 'here' } })))
    give('w', 0, 10)
    await until(() => statsOf('w').delivered === 10)
    expect(received.flatMap(({ ids }) => ids)).toEqual(idsFrom(0, 10))
    expect(received.map(({ ids }) => ids.length)).toEqual([4, 4, 2])
    for (const { headers, body } of received) {
      const [, time, digest] =
        /^t=([0-9]+),v1=([0-9a-f]{64})$/.exec(String(headers['millrace-signature'])) ?? []
      expect(Math.abs(Number(time) - Date.now())).toBeLessThan(60_000)
      expect(digest).toBe(createHmac('sha256', SECRET).update(`${time}.${body}`).digest('hex'))
      expect(headers).toMatchObject({ 'content-type': 'application/json', 'x-from': 'here' })
    }
    expect(JSON.parse(received[0].body)).toMatchObject({
      pipeline: 'p',
      node: 'w',
      items: [
        {
          id: 'i0',
          device: 'pump-7',
          metric: 'metric-2',
          region: 'region-1',
          tier: 'critical',
          time: 1000,
          item: { n: 0 },
        },
        {},
        {},
        {},
      ],
    })
  })

  it('waits for a full batch, but not longer than it was told', TIME, async () => {
    const clock = new VirtualClock()
    const { url, received } = await receiver()
    const { open, give, statsOf } = deskOf(clock)
    await open(sinkNode('w', hook(url, { batch: { items: 3, waitMs: 1000 } })))
    give('w', 0, 4)
    await until(() => statsOf('w').delivered === 3)
    clock.advance(999)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(received.map(({ ids }) => ids)).toEqual([['i0', 'i1', 'i2']])
    clock.advance(1)
    await until(() => received.length === 2)
    expect(received[1].ids).toEqual(['i3'])
  })

  it.each([
    ['an answer 500', status(500)],
    ['an answer 401', status(401)],
    ['a redirect, which is not followed', status(302, { location: 'http://169.254.169.254/' })],
    ['a connection that breaks', hangUp],
    ['no answer', silence],
  ])('tries again after %s, further and further apart, and loses nothing', TIME, async (_, answer) => {
    const clock = new VirtualClock()
    const { url, received } = await receiver([answer, answer, answer])
    const { open, give, statsOf, letters } = deskOf(clock)
    await open(sinkNode('w', hook(url), { timeoutMs: 1000 }))
    give('w', 0, 3)
    await until(() => received.length === 1)
    await pass(clock, 60_000, () => statsOf('w').delivered === 3)
    expect(received.length).toBe(4)
    expect(received.at(-1)?.ids).toEqual(idsFrom(0, 3))
    expect(statsOf('w')).toMatchObject({ retried: 3, dropped: 0, refused: 0, failingSince: null, waiting: 0 })
    expect(letters).toEqual([])
  })

  it.each([
    ['429', 429, () => '30'],
    ['503', 503, (clock: VirtualClock) => new Date(clock.epochMs() + 30_000).toUTCString()],
  ])('leaves a receiver alone for as long as it asks with %s', TIME, async (_, code, header) => {
    const clock = new VirtualClock()
    const { url, received } = await receiver([status(code, { 'retry-after': header(clock) })])
    const { open, give, statsOf } = deskOf(clock)
    await open(sinkNode('w', hook(url)))
    give('w', 0, 1)
    await until(() => statsOf('w').failingSince !== null)
    clock.advance(29_900)
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(received.length).toBe(1)
    clock.advance(1000)
    await until(() => statsOf('w').delivered === 1)
  })

  it('finds the item that is refused, gives up it alone, and goes on', TIME, async () => {
    const refuseThird = (received: { ids: string[] }, response: Parameters<NonNullable<typeof silence>>[1]) =>
      void response.writeHead(received.ids.includes('i2') ? 422 : 204).end()
    const { url } = await receiver(Array.from({ length: 50 }, () => refuseThird))
    const { open, give, statsOf, letters } = deskOf(systemClock())
    await open(sinkNode('w', hook(url), { retries: 1 }))
    give('w', 0, 6)
    await until(() => statsOf('w').delivered === 5)
    expect(letters).toMatchObject([
      { node: 'w', item: { n: 2 }, origin: { id: 'i2' }, cause: expect.stringContaining('422') as string },
    ])
    expect(statsOf('w')).toMatchObject({ refused: 1, waiting: 0 })
  })

  it('takes its secret from the environment, and waits while it is not there', TIME, async () => {
    const clock = new VirtualClock()
    const env: Record<string, string> = {}
    const { url, received } = await receiver()
    const { open, give, statsOf } = deskOf(clock, { env: (name) => env[name] })
    await open(sinkNode('w', hook(url, { secret: { env: 'HOOK' } })))
    give('w', 0, 1)
    await until(() => statsOf('w').failingSince !== null)
    expect(statsOf('w').lastError).toContain('HOOK')
    env.HOOK = SECRET
    await pass(clock, 60_000, () => statsOf('w').delivered === 1)
    expect(received[0].headers['millrace-signature']).toBeDefined()
  })

  it('holds back nobody else while it is down, and spills in order', TIME, async () => {
    const clock = new VirtualClock()
    const { url, received } = await receiver([hangUp, hangUp])
    const { open, give, statsOf, printed } = deskOf(clock, { spillFolder: temporaryFolder() })
    await open(
      sinkNode('w', hook(url, { buffer: { items: 20 } })),
      sinkNode('c', { type: 'console', content: 'item' }),
    )
    give('w', 0, 10)
    await until(() => statsOf('w').failingSince !== null)
    for (let from = 10; from < 100; from += 10) {
      give('w', from, from + 10)
      give('c', from, from + 10)
      await until(() => statsOf('c').delivered === from)
      await until(() => statsOf('w').spilled >= from)
    }
    expect(printed.join('')).toContain('{"n":99}\n')
    expect(statsOf('w')).toMatchObject({ waiting: 100, dropped: 0 })
    await pass(clock, 100_000, () => statsOf('w').delivered === 100)
    expect(received.slice(2).flatMap(({ ids }) => ids)).toEqual(idsFrom(0, 100))
    await until(() => statsOf('w').spillBytes === 0)
  })

  it.each(['drop-oldest', 'drop-newest'] as const)('gives way by its policy: %s', TIME, async (whenFull) => {
    const clock = new VirtualClock()
    const { url, received } = await receiver([hangUp])
    const { open, give, statsOf } = deskOf(clock)
    await open(sinkNode('w', hook(url, { buffer: { items: 10, whenFull } })))
    give('w', 0, 2)
    await until(() => statsOf('w').failingSince !== null)
    give('w', 2, 20)
    expect(statsOf('w')).toMatchObject({ dropped: 10, waiting: 10 })
    await pass(clock, 60_000, () => statsOf('w').delivered === 10)
    const kept = whenFull === 'drop-newest' ? idsFrom(0, 10) : ['i0', 'i1', ...idsFrom(12, 20)]
    expect(received.slice(1).flatMap(({ ids }) => ids)).toEqual(kept)
  })

  it('hands on after a restart what it could not before', TIME, async () => {
    const folder = temporaryFolder()
    const down = await receiver(Array.from({ length: 100 }, () => hangUp))
    const first = deskOf(systemClock(), { spillFolder: folder })
    await first.open(sinkNode('w', hook(down.url, { buffer: { items: 10 } })))
    for (let from = 0; from < 50; from += 5) {
      first.give('w', from, from + 5)
      await until(() => first.statsOf('w').spilled >= from)
    }
    await first.desk.close(50)
    expect(first.statsOf('w')).toMatchObject({ delivered: 0, dropped: 0 })
    const { url, received } = await receiver()
    const second = deskOf(systemClock(), { spillFolder: folder })
    await second.open(sinkNode('w', hook(url)))
    await until(() => second.statsOf('w').delivered === 50)
    expect(received.flatMap(({ ids }) => ids)).toEqual(idsFrom(0, 50))
  })
})

describe('addresses that a webhook does not go to', () => {
  it.each([
    ...[
      '127.0.0.1',
      '127.8.8.8',
      '10.1.2.3',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
      '169.254.169.254',
    ],
    ...[
      '0.0.0.0',
      '100.64.0.1',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'fe80::1%eth0',
      'fd00::1',
    ],
    ...[
      '::ffff:127.0.0.1',
      '::ffff:7f00:1',
      '::ffff:a9fe:a9fe',
      '::127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
    ],
    ...['::ffff:10.0.0.1', 'ff02::1', '2001:db8::1', 'no address'],
  ])('%s', (address) => expect(isForbidden(address)).toBe(true))

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'but %s',
    (address) => expect(isForbidden(address)).toBe(false),
  )

  it.each([
    ...[
      'http://127.0.0.1/',
      'http://[::1]/',
      'http://[::ffff:127.0.0.1]/',
      'http://2130706433/',
      'http://0x7f.1/',
    ],
    ...['http://169.254.169.254/latest/meta-data', 'https://10.0.0.8/', 'http://0/'],
  ])('are refused where the URL has them: %s', (url) => {
    expect(checkSink({ type: 'webhook', url })).toContain('unless allowPrivate')
    expect(checkSink({ type: 'webhook', url, allowPrivate: true })).toBeUndefined()
  })

  const post = (poster: NodePoster, url: string, allowPrivate: boolean) =>
    poster.post({
      url: new URL(url),
      headers: {},
      body: Buffer.from('{}'),
      allowPrivate,
      signal: AbortSignal.timeout(10_000),
    })

  it.each([
    ['127.0.0.1', 4],
    ['::ffff:127.0.0.1', 6],
    ['::1', 6],
  ])('are not connected to where a name stands for %s', TIME, async (address, family) => {
    const { port, received } = await receiver()
    const poster = new NodePoster(async () => [{ address, family }])
    await expect(post(poster, `http://hook.example:${port}/`, false)).rejects.toThrow(
      /private, loopback or link-local/,
    )
    expect(received).toEqual([])
    poster.close()
  })

  it('are left out where a name stands for others, too; each connection asks anew', TIME, async () => {
    const { port, received } = await receiver()
    const asked: string[] = []
    // what the name stands for changes between two questions
    const poster = new NodePoster(async (name) => {
      asked.push(name)
      return [{ address: '127.0.0.1', family: 4 }]
    })
    expect(await post(poster, `http://hook.example:${port}/`, true)).toMatchObject({ status: 204 })
    await expect(post(poster, `http://other.example:${port}/`, false)).rejects.toThrow(/127\.0\.0\.1/)
    await expect(post(poster, `http://127.0.0.1:${port}/`, false)).rejects.toThrow(/private, loopback/)
    expect(asked).toEqual(['hook.example', 'other.example'])
    expect(received.length).toBe(1)
    poster.close()
  })
})
