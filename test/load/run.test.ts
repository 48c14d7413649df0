import { describe, expect, it } from 'vitest'
import { MillraceError } from '../../src/core/errors.ts'
import { loadOptions, type RawOptions } from '../../src/load/options.ts'
import type { LoadReport } from '../../src/load/report.ts'
import { runLoad } from '../../src/load/run.ts'
import {
  frameHead,
  replyBytes,
  scriptedServer,
  type ReplyFields,
  type ScriptedServer,
} from './scripted-server.ts'

const load = (
  server: ScriptedServer,
  raw: RawOptions,
  signal = new AbortController().signal,
): Promise<LoadReport> =>
  runLoad(loadOptions({ url: server.url, json: true, ...raw }), { err: () => undefined, signal })

/** A timer may be a millisecond early: what was due in the last one may not be any more. */
function expectAsScheduled(frames: number, scheduled: number, perSecond: number): void {
  expect(frames).toBeLessThanOrEqual(scheduled)
  expect(frames).toBeGreaterThanOrEqual(scheduled - Math.ceil(perSecond / 1000) - 1)
}

const REFUSED = 1
const MALFORMED = 2

describe('runLoad', () => {
  it('sends exactly what the schedule asks for and takes leave properly', async () => {
    let frames = 0
    let readings = 0
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const head = frameHead(message)!
        frames++
        readings += head.readings
        socket.send(replyBytes({ seq: head.seq }))
      },
    })
    const report = await load(server, {
      rate: '20000',
      frame: '10',
      batch: '10',
      duration: '500ms',
      ack: true,
      connections: '3',
    })
    expectAsScheduled(frames, 1000, 2000)
    expect(readings).toBe(10 * frames)
    expect(report).toMatchObject({ frames, readings, unsentFrames: 0, interrupted: false })
    expect(report.acknowledged).toMatchObject({ frames, unanswered: 0 })
    expect(report.connections).toMatchObject({ opened: 3, closed: 0, failed: 0 })
    expect(report.cpuShare).toBeGreaterThan(0)
    expect(server.closeCodes).toEqual([1000, 1000, 1000])
  })

  it('numbers frames from one, rising, on each connection', async () => {
    const seqs = new Map<unknown, number[]>()
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        seqs.set(socket, [...(seqs.get(socket) ?? []), seq])
        socket.send(replyBytes({ seq }))
      },
    })
    await load(server, {
      rate: '1000',
      frame: '1',
      batch: '1',
      duration: '200ms',
      ack: true,
      connections: '2',
    })
    expect(seqs.size).toBe(2)
    for (const list of seqs.values()) {
      expectAsScheduled(list.length, 100, 500)
      expect(list).toEqual(list.map((_, i) => i + 1))
    }
  })

  it('measures from the intended time: a stall shows in every frame that was due during it', async () => {
    const STALL_MS = 400
    const begun = { at: 0 }
    let stalled: (() => void)[] | null = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const answer = () => socket.send(replyBytes({ seq: frameHead(message)!.seq }))
        if (!stalled) return answer()
        stalled.push(answer)
        if (begun.at++ === 0) {
          setTimeout(() => {
            stalled!.forEach((one) => one())
            stalled = null
          }, STALL_MS)
        }
      },
    })
    // the window lets only 5 frames be under way: an honest tool counts the waiting of the other 395 as latency
    const report = await load(server, {
      rate: '1000',
      frame: '1',
      duration: '800ms',
      ack: true,
      window: '5',
      connections: '1',
    })
    const latency = report.acknowledged!.latencyMs!
    // on a busy machine some are not sent in time
    expectAsScheduled(report.acknowledged!.frames + report.unsentFrames, 800, 1000)
    expect(latency.max).toBeGreaterThan(STALL_MS * 0.9)
    // about half of the frames were due during the stall, evenly spread over it: their median is half the stall
    expect(latency.p90).toBeGreaterThan(STALL_MS * 0.5)
  })

  it('never has more frames unacknowledged than window or credit allow', async () => {
    for (const [window, credit] of [
      ['7', 0],
      ['1000', 3],
    ] as const) {
      let waiting: number[] = []
      let most = 0
      const enough = new AbortController()
      await using server = await scriptedServer({
        onMessage(message, socket) {
          const { seq } = frameHead(message)!
          waiting.push(seq)
          if (seq > 100) most = Math.max(most, waiting.length)
          if (seq > 200) enough.abort()
          if (waiting.length === 1) {
            setTimeout(() => {
              socket.send(replyBytes({ seq: waiting.at(-1)!, credit }))
              waiting = []
            }, 2)
          }
        },
      })
      const raw = {
        rate: 'max',
        frame: '1',
        duration: '60s',
        ack: true,
        window: credit === 0 ? window : '100',
        connections: '1',
      }
      const report = await load(server, raw, enough.signal)
      expect(report.frames).toBeGreaterThan(200)
      expect(most).toBe(credit || Number(window))
    }
  })

  it('counts refusals with their reasons and pauses for retry-after', async () => {
    const times: number[] = []
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq } = frameHead(message)!
        times.push(performance.now())
        const part: ReplyFields = { seq, status: REFUSED, reason: 'tier full', refused: [0, 2] }
        const whole: ReplyFields = { seq, status: REFUSED, reason: 'busy', retryAfterMs: 150 }
        socket.send(replyBytes(seq === 5 ? whole : seq % 2 === 0 ? part : { seq }))
      },
    })
    const report = await load(server, {
      rate: '400',
      frame: '4',
      duration: '500ms',
      ack: true,
      sender: 'raw',
      connections: '1',
    })
    expect(report.frames).toBe(50)
    expect(report.refused).toEqual({
      frames: 1,
      partFrames: 25,
      readings: 4 + 25 * 2,
      byReason: { busy: 4, 'tier full': 50 },
    })
    expect(report.acknowledged).toMatchObject({ frames: 24, unanswered: 0 })
    const gaps = times.slice(1).map((time, i) => time - times[i])
    expect(Math.max(...gaps)).toBeGreaterThan(120)
  })

  it('by the client library, sends again what was refused until it is taken', async () => {
    const taken = new Set<number>()
    let parts = 0
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const { seq, readings } = frameHead(message)!
        if (seq === 1 && !taken.has(-1)) {
          taken.add(-1)
          socket.send(replyBytes({ seq, status: REFUSED, reason: 'busy', retryAfterMs: 100 }))
        } else if (readings === 4 && seq % 2 === 0) {
          parts++
          socket.send(replyBytes({ seq, status: REFUSED, reason: 'tier full', refused: [0, 2] }))
        } else {
          taken.add(seq)
          socket.send(replyBytes({ seq }))
        }
      },
    })
    const report = await load(server, {
      rate: '400',
      frame: '4',
      batch: '4',
      duration: '500ms',
      ack: true,
      connections: '1',
    })
    expect(report).toMatchObject({ frames: 50, readings: 200, unsentFrames: 0, givenUp: 0 })
    expect(report.refused).toMatchObject({ frames: 1, partFrames: parts })
    expect(report.refused.byReason).toEqual({ busy: 4, 'tier full': 2 * parts })
    expect(report.acknowledged).toMatchObject({ frames: 50, unanswered: 0 })
    expect(report.acknowledged!.latencyMs!.max).toBeGreaterThanOrEqual(100)
  })

  it('by the client library, gathers single readings into frames', async () => {
    let frames = 0
    let readings = 0
    await using server = await scriptedServer({
      onMessage(message, socket) {
        const head = frameHead(message)!
        frames++
        readings += head.readings
        socket.send(replyBytes({ seq: head.seq }))
      },
    })
    const report = await load(server, {
      rate: '20000',
      frame: '1',
      duration: '300ms',
      ack: true,
      connections: '2',
    })
    // on a busy machine some are not sent in time
    expectAsScheduled(report.frames + report.unsentFrames, 6000, 20_000)
    expect(readings).toBe(report.readings)
    expect(frames).toBeLessThan(readings / 4)
    expect(report.acknowledged).toMatchObject({ frames: report.frames, unanswered: 0 })
  })

  it('sends the asked share of malformed frames and comes back when it is thrown out for them', async () => {
    let good = 0
    let broken = 0
    const enough = new AbortController()
    const strikes = new Map<unknown, number>()
    await using server = await scriptedServer({
      onMessage(message, socket) {
        if (frameHead(message)) return void good++
        strikes.set(socket, (strikes.get(socket) ?? 0) + 1)
        // what arrives while the connection is being closed isn't answered any more
        if (strikes.get(socket)! > 16) return
        if (++broken === 120) enough.abort()
        socket.send(replyBytes({ status: MALFORMED, reason: 'not a frame' }))
        if (strikes.get(socket) === 16) socket.close(1007)
      },
    })
    const raw = { rate: '4000', frame: '1', duration: '60s', malformed: '0.05', connections: '2' }
    const report = await load(server, raw, enough.signal)
    const share = report.malformed.sent / (report.frames + report.malformed.sent)
    expect(share).toBeGreaterThan(0.03)
    expect(share).toBeLessThan(0.07)
    expect(report.malformed.replies).toBe(broken)
    expect(good).toBeLessThanOrEqual(report.frames)
    expect(report.connections.closed).toBeGreaterThanOrEqual(6)
    expect(report.connections.closeCodes).toEqual({ 1007: report.connections.closed })
    expect(report.connections.opened).toBeGreaterThanOrEqual(report.connections.closed)
  })

  it('survives a server that breaks connections, and counts what stayed unanswered', async () => {
    let messages = 0
    const enough = new AbortController()
    await using server = await scriptedServer({
      onMessage: (_, socket) => {
        if (++messages % 50 !== 0) return
        socket.terminate()
        if (server.upgrades.length > 3) enough.abort()
      },
    })
    const raw = { rate: '1000', frame: '1', duration: '60s', ack: true, connections: '1' }
    const report = await load(server, raw, enough.signal)
    expect(report.connections.closed).toBeGreaterThanOrEqual(2)
    expect(report.acknowledged!.unanswered).toBe(report.frames)
  })

  it('sends JSON that a JSON server understands', async () => {
    const devices = new Set<string>()
    await using server = await scriptedServer({
      onMessage(message, socket, binary) {
        expect(binary).toBe(false)
        const { seq, readings } = JSON.parse(message.toString()) as {
          seq: number
          readings: { device: string }[]
        }
        for (const { device } of readings) devices.add(device)
        socket.send(JSON.stringify({ seq, status: 'accepted', credit: 100 }))
      },
    })
    const report = await load(server, {
      format: 'json',
      devices: '40',
      rate: '10000',
      frame: '5',
      duration: '200ms',
      ack: true,
    })
    expect(devices.size).toBe(40)
    expectAsScheduled(report.frames, 400, 2000)
    expect(report).toMatchObject({ readings: 5 * report.frames, unreadableReplies: 0, unsentFrames: 0 })
    expect(report.acknowledged).toMatchObject({ frames: report.frames, unanswered: 0 })
  })

  it('registers devices with tiers and positions and looks the metric up before it sends', async () => {
    const posted: { name: string; tier: string; lat: number }[] = []
    const dictionary: Record<string, { id: number }> = { value: { id: 1 } }
    const series = new Set<bigint>()
    await using server = await scriptedServer({
      onMessage(message) {
        for (let at = 32; at < message.length; at += 32) series.add(message.readBigUInt64LE(at) & 0xffffn)
      },
      onRequest(request, body, response) {
        expect(request.headers.authorization).toBe('Bearer secret')
        if (request.method === 'POST' && request.url === '/v1/devices')
          posted.push(...(JSON.parse(body) as typeof posted))
        if (request.method === 'PUT') dictionary[request.url!.split('/').at(-1)!] = { id: 12 }
        response.end(request.method === 'GET' ? JSON.stringify(dictionary) : '{}')
      },
    })
    await load(server, {
      devices: '5000',
      metric: 'heat',
      tiers: 'premium=20,bulk=80',
      tierPerConnection: true,
      regions: 'africa=1',
      token: 'secret',
      duration: '100ms',
      connections: '2',
    })
    expect(posted).toHaveLength(5000)
    expect(posted.filter(({ tier }) => tier === 'premium').length / 5000).toBeCloseTo(0.2, 2)
    expect(posted.every(({ lat }) => lat >= -30 && lat <= 30)).toBe(true)
    expect([...series]).toEqual([12n])
    expect(server.upgrades.every(({ headers }) => headers.authorization === 'Bearer secret')).toBe(true)
  })

  it('does not begin if a device is not registered', async () => {
    const failed = [{ index: 3, name: 'dev-3', code: 'limit-reached', message: 'no more than 3 devices' }]
    await using server = await scriptedServer({
      onMessage: () => undefined,
      onRequest: (_request, _body, response) => response.end(JSON.stringify({ registered: 3, failed })),
    })
    const error = await load(server, { tiers: 'bulk=1' }).catch((one: unknown) => one)
    expect(error).toMatchObject({
      code: 'limit-reached',
      message: expect.stringContaining('dev-3') as string,
    })
    expect(server.upgrades).toHaveLength(0)
  })

  it('ends early with a report when it is interrupted', async () => {
    const abort = new AbortController()
    let messages = 0
    await using server = await scriptedServer({
      onMessage: () => {
        if (++messages === 100) abort.abort()
      },
    })
    const report = await load(server, { rate: '1000', frame: '1', duration: '1h' }, abort.signal)
    expect(report.interrupted).toBe(true)
    expect(report.frames).toBeGreaterThanOrEqual(100)
  })

  it('says who refused the connection and why', async () => {
    const body = '{"code":"unauthorized","message":"token expired","retryable":false}'
    await using server = await scriptedServer({
      onMessage: () => undefined,
      refuseWith: { status: 401, body },
    })
    const error = await load(server, { duration: '1s' }).catch((one: unknown) => one)
    expect(error).toBeInstanceOf(MillraceError)
    expect((error as MillraceError).code).toBe('unauthorized')
    expect((error as MillraceError).message).toContain('token expired')
  })

  it('says so when nobody listens', async () => {
    const server = await scriptedServer({ onMessage: () => undefined })
    await server[Symbol.asyncDispose]()
    await expect(load(server, { duration: '1s' })).rejects.toThrow(
      /cannot connect to 127\.0\.0\.1:\d+: .*ECONNREFUSED/,
    )
  })
})
