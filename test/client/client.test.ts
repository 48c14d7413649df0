import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Client } from '../../src/client/client.ts'
import type { GivenUp } from '../../src/client/events.ts'
import { readingsOf } from '../../src/client/frame-encoder.ts'
import { connect as connectInBrowser } from '../../src/client/browser.ts'
import { connect as connectInNode, type NodeClientOptions } from '../../src/client/node.ts'
import { deviceIdOf } from '../../src/core/ids.ts'
import { Spawned } from '../cli/spawned.ts'
import { frameHead, replyBytes, scriptedServer, type ScriptedServer } from '../load/scripted-server.ts'

const REFUSED = 1
const MALFORMED = 2
const clients: Client[] = []
const folders: string[] = []

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close({ drainMs: 0 })))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'client-'))
  folders.push(folder)
  return folder
}

async function connect(server: ScriptedServer, options: Partial<NodeClientOptions> = {}): Promise<Client> {
  const client = await connectInNode({
    url: server.url,
    reconnectMs: 20,
    lingerMs: 1,
    onGivenUp: () => undefined,
    ...options,
  })
  clients.push(client)
  return client
}

const reading = (value: number) => ({ deviceId: 7, metricId: 1, value })
const until = async (condition: () => boolean): Promise<void> => {
  for (let i = 0; i < 12_000 && !condition(); i++) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(condition()).toBe(true)
}

describe('connect', () => {
  it('refuses options that are not valid with what is allowed', async () => {
    const refusal = (options: object) =>
      connectInNode(options as NodeClientOptions).catch((error: { code: string; message: string }) => error)
    expect(await refusal({ url: 'http://x' })).toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('ws://') as string,
    })
    expect(await refusal({ url: 'ws://x', window: 300 })).toMatchObject({
      message: expect.stringMatching(/window.*300.*1 to 255/) as string,
    })
    expect(await refusal({ url: 'ws://x', wimdow: 3 })).toMatchObject({
      message: expect.stringContaining('wimdow') as string,
    })
  })

  it('names itself and shows its token: by a header in Node, by the query in a browser', async () => {
    await using server = await scriptedServer({ onMessage: () => undefined })
    const inNode = await connect(server, { client: 'pump house', token: () => Promise.resolve('secret') })
    const inBrowser = await connectInBrowser({
      url: server.url,
      token: 'secret',
      WebSocket: WebSocket,
    })
    clients.push(inBrowser)
    await Promise.all([inNode.connected(), inBrowser.connected()])
    const urls = server.upgrades.map(({ url }) => new URL(url!, 'ws://x'))
    const node = urls.findIndex(({ searchParams }) => searchParams.get('client')!.startsWith('pump house~'))
    expect(urls[node].searchParams.has('token')).toBe(false)
    expect(server.upgrades[node].headers.authorization).toBe('Bearer secret')
    expect(urls[1 - node].searchParams.get('token')).toBe('secret')
    expect(urls.map(({ pathname }) => pathname)).toEqual(['/v1/stream', '/v1/stream'])
  })
})

describe('send', () => {
  it('gathers readings by number and by time, and gives names their numbers', async () => {
    const frames: { seq: number; readings: ReturnType<typeof readingsOf> }[] = []
    const asked: string[] = []
    const dictionary: Record<string, { id: number }> = { heat: { id: 9 } }
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        frames.push({ seq, readings: readingsOf(message) })
        socket.send(replyBytes({ seq }))
      },
      onRequest(request, _body, response) {
        asked.push(`${request.method} ${request.url}`)
        if (request.method === 'GET') return response.end(JSON.stringify(dictionary))
        const name = decodeURIComponent(request.url!.split('/').at(-1)!)
        dictionary[name] = { id: 12 }
        response.end(JSON.stringify({ name, unit: '', ...dictionary[name] }))
      },
    })
    const client = await connect(server, { batchReadings: 3, lingerMs: 2000, metrics: { given: 5 } })
    await client.send([
      { device: 'pump-7', metric: 'given', value: true, time: 1000 },
      { device: 'pump-7', metric: 'heat', value: 2.5, lat: 52.52, lon: 13.405 },
      { deviceId: 8, metric: 'new one', value: 3, time: 0 },
      { deviceId: 8, metricId: 1, value: 4 },
    ])
    await client.flush()
    expect(frames.map(({ seq, readings }) => [seq, readings.length])).toEqual([
      [1, 3],
      [2, 1],
    ])
    const [first, second, third] = frames[0].readings
    expect(first).toEqual({ deviceId: deviceIdOf('pump-7'), metricId: 5, value: 1, time: 1000 })
    expect(second).toMatchObject({ metricId: 9, value: 2.5, lat: 52.52, lon: 13.405 })
    expect(Math.abs(second.time - Date.now())).toBeLessThan(10_000)
    expect(third).toEqual({ deviceId: 8, metricId: 12, value: 3, time: 0 })
    expect(asked).toEqual([
      'GET /v1/metrics-dictionary',
      'GET /v1/metrics-dictionary',
      'PUT /v1/metrics-dictionary/new%20one',
      'GET /v1/metrics-dictionary',
    ])
  })

  it('takes none of the readings if one is not valid, and says which', async () => {
    await using server = await scriptedServer({ onMessage: () => undefined })
    const client = await connect(server)
    for (const [bad, why] of [
      [{ deviceId: 0, metricId: 1, value: 1 }, /reading 1: device/],
      [{ deviceId: 1, metricId: 70_000, value: 1 }, /reading 1: metric/],
      [{ deviceId: 1, metricId: 1, value: NaN }, /reading 1: value/],
      [{ deviceId: 1, metricId: 1, value: 1, time: -5 }, /reading 1: time/],
      [{ deviceId: 1, metricId: 1, value: 1, lat: 5 }, /reading 1: lat, lon/],
    ] as const)
      await expect(client.send([reading(1), bad])).rejects.toThrow(why)
    expect(client.stats().sent).toBe(0)
  })

  it('pushes back when the buffer is full, and loses nothing by it', async () => {
    let isAnswering = false
    const values: number[] = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        values.push(...readingsOf(message).map(({ value }) => value))
        if (isAnswering) socket.send(replyBytes({ seq: frameHead(message)!.seq }))
      },
    })
    const client = await connect(server, { batchReadings: 2, bufferFrames: 5 })
    await client.connected()
    let taken = 0
    while (client.write(7, 1, taken + 1)) taken++
    expect(taken).toBe(12) // five frames, and one that waits to be sealed
    expect(client.trySend([reading(13), reading(14)])).toBe(0)
    let isIn = false
    const waiting = client.send([reading(13), reading(14)]).then(() => (isIn = true))
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(isIn).toBe(false)
    isAnswering = true
    for (const socket of server.sockets) socket.send(replyBytes({ seq: 5 }))
    await waiting
    await client.flush()
    expect(values).toEqual(Array.from({ length: 14 }, (_, i) => i + 1))
    expect(client.stats()).toMatchObject({ sent: 14, acknowledged: 14, unsettled: { frames: 0 } })
  })
})

describe('answers', () => {
  it('sends everything unacknowledged again after a broken connection, in order, with the same numbers', async () => {
    const seqs: number[][] = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        while (seqs.length < server.upgrades.length) seqs.push([])
        seqs.at(-1)!.push(seq)
        if (server.upgrades.length > 2) socket.send(replyBytes({ seq }))
        else if (seqs.at(-1)!.length === 3) socket.terminate()
      },
    })
    const client = await connect(server, { batchReadings: 1 })
    for (let value = 1; value <= 6; value++) await client.send(reading(value))
    await client.flush()
    expect(seqs).toEqual([
      expect.arrayContaining([1, 2, 3]),
      expect.arrayContaining([1, 2, 3]),
      [1, 2, 3, 4, 5, 6],
    ])
    expect(client.stats()).toMatchObject({
      connections: 3,
      acknowledged: 6,
      framesResent: expect.any(Number) as number,
    })
  })

  it('connects again when the server falls silent', async () => {
    await using server = await scriptedServer({
      onMessage(message, socket) {
        if (server.upgrades.length > 1) socket.send(replyBytes({ seq: frameHead(message)!.seq }))
      },
    })
    const client = await connect(server, { replyTimeoutMs: 100, pingMs: 50 })
    const reasons: string[] = []
    client.on('disconnected', (_code, reason) => reasons.push(reason))
    await client.send(reading(1))
    await client.flush()
    // more often than once where the machine is slow to answer
    expect([...new Set(reasons)]).toEqual(['no answer within 100 ms'])
  })

  it('puts readings that were refused into a frame of their own, and only those', async () => {
    const frames: [number, number[]][] = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        frames.push([seq, readingsOf(message).map(({ value }) => value)])
        socket.send(
          seq === 1
            ? replyBytes({ seq, status: REFUSED, reason: 'overload', refused: [1, 3], retryAfterMs: 30 })
            : replyBytes({ seq }),
        )
      },
    })
    const client = await connect(server, { batchReadings: 4 })
    await client.send([1, 2, 3, 4].map(reading))
    await client.flush()
    expect(frames).toEqual([
      [1, [1, 2, 3, 4]],
      [2, [2, 4]],
    ])
    expect(client.stats()).toMatchObject({ acknowledged: 4, refused: { overload: 2 }, nextSeq: 3 })
  })

  it('sends a wholly refused frame again with its number, not before the time asked for and never behind a later one', async () => {
    const seen: [number, number][] = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        seen.push([seq, performance.now()])
        const isFirst = seen.filter(([one]) => one === seq).length === 1
        if (seq === 2 && isFirst)
          socket.send(replyBytes({ seq, status: REFUSED, reason: 'ring', retryAfterMs: 120 }))
        // late, so that the refusal comes first and finds frames under way
        if (seq === 4)
          for (const late of [1, 3, 4]) setTimeout(() => socket.send(replyBytes({ seq: late })), 40)
        else if (!isFirst || seq > 4) socket.send(replyBytes({ seq }))
      },
    })
    const client = await connect(server, { batchReadings: 1, window: 4 })
    await client.connected()
    for (let value = 1; value <= 8; value++) await client.send(reading(value))
    await client.flush()
    const seqs = seen.map(([seq]) => seq)
    expect(seqs).toEqual([1, 2, 3, 4, 2, 5, 6, 7, 8])
    expect(seen[4][1] - seen[1][1]).toBeGreaterThanOrEqual(115)
  })

  it('has no more frames under way than the credit', async () => {
    let waiting: number[] = []
    let most = 0
    await using server = await scriptedServer({
      onMessage(message, socket) {
        waiting.push(frameHead(message)!.seq)
        if (frameHead(message)!.seq > 20) most = Math.max(most, waiting.length)
        if (waiting.length > 1) return
        setTimeout(() => {
          socket.send(replyBytes({ seq: waiting.at(-1)!, credit: 3 }))
          waiting = []
        }, 2)
      },
    })
    const client = await connect(server, { batchReadings: 1, window: 10 })
    for (let value = 1; value <= 100; value++) await client.send(reading(value))
    await client.flush()
    expect(most).toBe(3)
  })

  it('finds the frame that is not understood, gives it up out loud, and delivers the others', async () => {
    const taken = new Set<number>()
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const [{ value }] = readingsOf(message)
        // the number of a frame that can't be read is not known
        if (value === 5)
          return socket.send(replyBytes({ seq: 0, status: MALFORMED, reason: 'frame: broken' }))
        taken.add(value)
        setTimeout(() => socket.send(replyBytes({ seq: frameHead(message)!.seq })), 5)
      },
    })
    const givenUp: GivenUp[] = []
    const client = await connect(server, { batchReadings: 1, onGivenUp: (what) => givenUp.push(what) })
    await client.connected()
    for (let value = 1; value <= 9; value++) await client.send(reading(value))
    await client.flush()
    expect(givenUp).toMatchObject([{ readings: [{ value: 5 }], reason: 'frame: broken', tries: 0 }])
    expect([...taken].sort()).toEqual([1, 2, 3, 4, 6, 7, 8, 9])
    expect(client.stats()).toMatchObject({ acknowledged: 8, givenUp: 1, connections: 2 })
  })

  it('gives up readings that are malformed, and those refused for a lasting reason a few times', async () => {
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq, readings } = frameHead(message)!
        const isFirst = readings === 3
        socket.send(
          isFirst
            ? replyBytes({ seq, reason: 'malformed: future', refused: [1] })
            : replyBytes({ seq, status: REFUSED, reason: 'unknown-device', retryAfterMs: 1 }),
        )
      },
    })
    const givenUp: GivenUp[] = []
    const options = { batchReadings: 3, maxTriesLasting: 2, retryMs: 1 }
    const client = await connect(server, { ...options, onGivenUp: (what) => givenUp.push(what) })
    await client.send([1, 2, 3, 4].map(reading))
    await client.flush()
    expect(
      givenUp.map(({ readings, reason, tries }) => [readings.map(({ value }) => value), reason, tries]),
    ).toEqual([
      [[2], 'malformed: future', 0],
      [[4], 'unknown-device', 2],
    ])
    expect(client.stats()).toMatchObject({ acknowledged: 2, givenUp: 2 })
  })
})

describe('close', () => {
  it('waits for acknowledgements', async () => {
    await using server = await scriptedServer({
      onMessage: (message, socket) =>
        void setTimeout(() => socket.send(replyBytes({ seq: frameHead(message)!.seq })), 50),
    })
    const client = await connect(server)
    await client.send(reading(1))
    expect(await client.close()).toBe(0)
    expect(client.stats().acknowledged).toBe(1)
    await until(() => server.closeCodes.includes(1000))
    await expect(client.send(reading(2))).rejects.toMatchObject({ code: 'closed' })
  })

  it('without a folder gives up out loud what is left', async () => {
    await using server = await scriptedServer({ onMessage: () => undefined })
    const givenUp: GivenUp[] = []
    const client = await connect(server, { onGivenUp: (what) => givenUp.push(what) })
    await client.connected()
    await client.send([reading(1), reading(2)])
    expect(await client.close({ drainMs: 30 })).toBe(2)
    expect(givenUp).toMatchObject([
      { reason: 'closed', isUncertain: true, readings: [{ value: 1 }, { value: 2 }] },
    ])
  })
})

describe('a folder', () => {
  it('keeps what is not settled for the next client, which sends it with the same numbers', async () => {
    const folder = newFolder()
    const frames: [number, number[]][] = []
    let isAnswering = false
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        frames.push([seq, readingsOf(message).map(({ value }) => value)])
        if (isAnswering || seq === 1) socket.send(replyBytes({ seq }))
      },
    })
    const first = await connect(server, { folder, batchReadings: 2 })
    await first.send([1, 2, 3, 4, 5].map(reading))
    await until(() => frames.length === 3 && first.stats().acknowledged === 2)
    await expect(connect(server, { folder })).rejects.toMatchObject({ code: 'data-dir-in-use' })
    expect(await first.close({ drainMs: 50 })).toBe(3)
    frames.length = 0
    isAnswering = true
    const second = await connect(server, { folder })
    expect(second.stats()).toMatchObject({ name: first.stats().name, recovered: 3 })
    await second.send(reading(6))
    await second.flush()
    expect(frames.slice(0, 2)).toEqual([
      [2, [3, 4]],
      [3, [5]],
    ])
    expect(frames[2][0]).toBeGreaterThan(3)
    await second.close()
    const third = await connect(server, { folder })
    expect(third.stats()).toMatchObject({ recovered: 0, unsettled: { frames: 0 } })
    expect(third.stats().nextSeq).toBeGreaterThan(frames[2][0])
  })

  it('removes files whose frames are settled', async () => {
    const folder = newFolder()
    await using server = await scriptedServer({
      onMessage: (message, socket) => socket.send(replyBytes({ seq: frameHead(message)!.seq })),
    })
    const client = await connect(server, { folder, batchReadings: 30_000 })
    for (let i = 0; i < 300_000; i++) if (!client.write(7, 1, i)) await client.flush()
    await client.flush()
    expect(readdirSync(folder).filter((name) => name.endsWith('.log')).length).toBeLessThanOrEqual(2)
  })

  it('tells of damage and delivers what is whole', async () => {
    const folder = newFolder()
    await using server = await scriptedServer({
      onMessage: (message, socket) =>
        isAnswering && socket.send(replyBytes({ seq: frameHead(message)!.seq })),
    })
    let isAnswering = false
    const first = await connect(server, { folder, batchReadings: 1 })
    await first.send([1, 2, 3, 4, 5].map(reading))
    await first.close({ drainMs: 0 })
    const path = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.log'))!,
    )
    const bytes = readFileSync(path)
    bytes[64 + 96 + 50] ^= 1
    // and the last record is torn
    writeFileSync(path, bytes.subarray(0, bytes.length - 10))
    isAnswering = true
    const givenUp: GivenUp[] = []
    const second = await connect(server, { folder, onGivenUp: (what) => givenUp.push(what) })
    await second.flush()
    expect(second.stats()).toMatchObject({ recovered: 3, acknowledged: 3 })
    await until(() => givenUp.length > 0)
    expect(givenUp).toMatchObject([{ readings: [], reason: expect.stringContaining('byte 160') as string }])
  })

  it('loses no stored reading when its process is killed', async () => {
    const folder = newFolder()
    const taken = new Map<number, number>()
    const seen = new Set<string>()
    let messages = 0
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        const name = new URL(server.upgrades.at(-1)!.url!, 'ws://x').searchParams.get('client')!
        if (!seen.has(`${name} ${seq}`))
          for (const { value } of readingsOf(message)) taken.set(value, (taken.get(value) ?? 0) + 1)
        seen.add(`${name} ${seq}`)
        // some answers are late, some never come
        if (++messages % 3 > 0) setTimeout(() => socket.send(replyBytes({ seq })), 10)
      },
    })
    let stored = 0
    for (let round = 0; round < 3; round++) {
      const sender = new Spawned('test/client/sender.fixture.js', [server.url, folder, String(stored)])
      let out = ''
      sender.child.stdout!.on('data', (piece: Buffer) => (out += piece.toString()))
      await sender.says('stored')
      await new Promise((resolve) => setTimeout(resolve, 50 + round * 70))
      sender.child.kill('SIGKILL')
      await sender.end()
      stored = Math.max(...[...out.matchAll(/stored (\d+)\n/g)].map(([, value]) => Number(value)))
    }
    const last = await connect(server, { folder, replyTimeoutMs: 200, pingMs: 100 })
    await last.flush()
    // twice only where the process was killed before it could tell its successor how far it had got
    for (let value = 1; value <= stored; value++)
      expect({ value, taken: taken.get(value) ?? 0 }).toEqual({
        value,
        taken: expect.toBeOneOf([1, 2]) as number,
      })
  })
})
