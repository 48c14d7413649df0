import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createEngine } from '../../src/engine/create-engine.ts'
import { BALANCED, fixture, Gate, imbalance, isIdle, startEngine, until } from './rig.ts'
import { counting, record } from './recorded.ts'
import { StreamClient } from './stream-client.ts'

const many = (count: number) =>
  counting(count).map((value) => ({ device: `d${value % 9}`, metric: 'value', value }))

describe('engine.close', () => {
  it('works through what has been accepted, and the pipeline is still heard', async () => {
    const gate = new Gate()
    const engine = await startEngine({ pipeline: fixture('recorder', { gate: gate.path }) })
    const { readings } = record(engine)
    expect((await engine.ingest(many(5000))).accepted).toBe(5000)
    expect(engine.stats().account.inFlight).toBe(5000)
    const closed = engine.close()
    gate.open()
    await closed
    const { account, pool } = engine.stats()
    expect(account).toMatchObject({ accepted: 5000, processed: 5000, inFlight: 0 })
    expect(imbalance(account)).toEqual(BALANCED)
    expect(pool.replaced).toBe(0)
    expect(readings).toHaveLength(5000)
  })

  it('gives up what is left after shutdownTimeoutMs, and says so', async () => {
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: new Gate().path }),
      pool: { size: 1, max: 1, hangTimeoutMs: 500 },
      shutdownTimeoutMs: 100,
    })
    await engine.ingest(many(20_000))
    await engine.close()
    const { account } = engine.stats()
    expect(account.inFlight).toBe(20_000)
    expect(imbalance(account)).toEqual(BALANCED)
  })

  it('may be called again, and is the same', async () => {
    const engine = await startEngine()
    const first = engine.close()
    expect(engine.close()).toBe(first)
    await first
    await engine.close()
  })

  it('leaves an engine that takes nothing more but still tells its last figures', async () => {
    const engine = await startEngine()
    await engine.ingest(many(10))
    await engine.close()
    const closed = { code: 'closed', message: expect.stringContaining('closed') as string }
    await expect(engine.ingest(many(1))).rejects.toMatchObject(closed)
    await expect(engine.listen()).rejects.toMatchObject(closed)
    await expect(engine.setPoolSize(1)).rejects.toMatchObject(closed)
    expect(() => engine.writer()).toThrow('closed')
    expect(engine.stats().account).toMatchObject({ received: 10, processed: 10 })
    expect(engine.stats()).toBe(engine.stats())
  })

  it('answers every ingest that is under way', async () => {
    const engine = await startEngine()
    const calls = counting(40).map(() => engine.ingest(many(2000)))
    const closed = engine.close()
    const results = await Promise.all(calls)
    await closed
    const { account } = engine.stats()
    expect(results.reduce((sum, { accepted }) => sum + accepted, 0)).toBe(account.accepted)
    expect(results.every(({ accepted, refused }) => accepted + refused.length === 2000)).toBe(true)
    expect(account).toMatchObject({ received: 80_000, inFlight: 0 })
    expect(imbalance(account)).toEqual(BALANCED)
  })

  it('tells connected devices that it goes, after it has answered them', async () => {
    const engine = await startEngine()
    const { port } = await engine.listen()
    const client = await StreamClient.open(port)
    client.send(1, [{ series: 65537n, value: 1 }])
    await client.answered(1)
    const ended = once(client.socket, 'close')
    await engine.close()
    expect((await ended)[0]).toBe(1001)
    await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toThrow()
  })
})

describe('engine.listen', () => {
  it('says when the port is taken, and the engine goes on', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const engine = await startEngine({ port })
    await expect(engine.listen()).rejects.toMatchObject({
      code: 'listen-failed',
      retryable: true,
      message: expect.stringContaining(String(port)) as string,
    })
    expect(await engine.ingest(many(10))).toMatchObject({ accepted: 10 })
    other.close()
    await once(other, 'close')
    expect((await engine.listen()).port).toBe(port)
    const client = await StreamClient.open(port)
    client.send(1, [{ series: 65537n, value: 1 }])
    await client.answered(1)
    await client.close()
    await until(() => isIdle(engine), 'all worked through')
    expect(engine.stats().account.processed).toBe(11)
  })

  it('opens one port and no second', async () => {
    const engine = await startEngine()
    const both = await Promise.allSettled([engine.listen(), engine.listen()])
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    await expect(engine.listen()).rejects.toMatchObject({ code: 'conflict' })
  })

  it('leaves no port open when the engine is closed meanwhile', async () => {
    const engine = await startEngine()
    const listening = engine.listen()
    const closed = engine.close()
    const [{ status }] = await Promise.allSettled([listening])
    await closed
    expect(status).toBe('rejected')
  })

  it('is ready from then on', async () => {
    const engine = await startEngine({ server: 'ws' })
    const { port, server } = await engine.listen()
    expect(server).toBe('ws')
    expect((await fetch(`http://127.0.0.1:${port}/readyz`)).status).toBe(200)
  })

  it('takes the smallest ring that the configuration allows', async () => {
    const limits = { ringBytes: 1024 * 1024, frameBytes: 256 * 1024 }
    await expect(
      startEngine({ limits: { ...limits, frameBytes: limits.frameBytes + 1024 } }),
    ).rejects.toMatchObject({
      code: 'bad-config',
    })
    const engine = await startEngine({ limits })
    expect((await engine.listen()).port).toBeGreaterThan(0)
  })
})

describe('createEngine', () => {
  it('refuses limits beyond what WebAssembly can address', async () => {
    await expect(
      createEngine({ limits: { series: 12_000_000, backlogBytes: 2048 * 1024 * 1024 } }),
    ).rejects.toMatchObject({
      code: 'out-of-memory',
    })
  })

  it('refuses what it does not know, with path and what is allowed', async () => {
    await expect(createEngine({ pool: { sise: 2 } as object })).rejects.toMatchObject({
      code: 'bad-config',
      message: expect.stringContaining('pool.sise') as string,
    })
  })
})

describe('engine.on', () => {
  it('tells of its figures once a second, until told not to', async () => {
    const engine = await startEngine()
    const heard: number[] = []
    const stop = engine.on('stats', ({ uptimeSeconds }) => heard.push(uptimeSeconds))
    await until(() => heard.length > 0, 'stats')
    stop()
    expect(heard[0]).toBeGreaterThan(0.5)
  })
})
