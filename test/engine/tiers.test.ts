import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { TIERS } from '../../src/core/tiers.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { BALANCED, fixture, Gate, imbalance, isIdle, moment, startEngine, until } from './rig.ts'
import { counting, record, type Seen, valuesBySeries } from './recorded.ts'
import { StreamClient } from './stream-client.ts'

const devices = TIERS.map((tier) => ({ name: tier, tier }))

const many = (device: string, count: number, first = 0) =>
  counting(count, first).map((value) => ({ device, metric: 'value', value }))

async function offer(engine: Engine, device: string, count: number): Promise<void> {
  const { accepted } = await engine.ingest(many(device, count))
  expect(accepted).toBe(count)
}

/** Tiers in the order in which they were worked, with how many readings each time. */
function runs(readings: readonly Seen[]): { tier: string; count: number }[] {
  const list: { tier: string; count: number }[] = []
  for (const { tier } of readings) {
    if (list.at(-1)?.tier === tier) list.at(-1)!.count++
    else list.push({ tier, count: 1 })
  }
  return list
}

describe('tiers', () => {
  it('lets critical readings go first, and go between two slices of a lower tier', async () => {
    const gate = new Gate()
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: gate.path }),
      devices,
      pool: { size: 1 },
    })
    const { readings } = record(engine)
    await offer(engine, 'bulk', 5000)
    await until(() => gate.isReached, 'the first slice')
    await offer(engine, 'critical', 10)
    gate.open()
    await until(() => isIdle(engine) && readings.length === 5010, 'all worked through')
    // behind the slice that was under way
    expect(readings.findIndex(({ tier }) => tier === 'critical')).toBeLessThanOrEqual(256)
    expect(runs(readings).map(({ tier }) => tier)).toEqual(['bulk', 'critical', 'bulk'])
  })

  it('serves waiting tiers by their shares, and an unused share to the others', async () => {
    const gate = new Gate()
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: gate.path }),
      devices,
      pool: { size: 1 },
      limits: { backlogBytes: 32 * 1024 * 1024 },
    })
    const { readings } = record(engine)
    const offers = { bulk: 12_000, standard: 12_000, premium: 30_000 }
    await Promise.all(Object.entries(offers).map(([device, count]) => offer(engine, device, count)))
    gate.open()
    await until(() => readings.length === 54_000, 'all worked through')
    // from when all three wait: the last one to be accepted has been seen for the first time
    const first = Math.max(
      ...Object.keys(offers).map((name) => readings.findIndex(({ tier }) => tier === name)),
    )
    const window = readings.slice(first, first + 2 * 8192)
    const served = (name: string) => window.filter(({ tier }) => tier === name).length / window.length
    expect(served('premium')).toBeGreaterThan(0.6)
    expect(served('premium')).toBeLessThan(0.8)
    expect(served('standard')).toBeGreaterThan(0.15)
    expect(served('standard')).toBeLessThan(0.35)
    expect(served('bulk')).toBeGreaterThan(0.02)
    expect(served('bulk')).toBeLessThan(0.12)
    for (const values of valuesBySeries(readings).values()) expect(values).toEqual(counting(values.length))
  })

  it('takes a change of tier into account with the next frame and keeps the series in order', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder', { ms: 1 }), pool: { size: 3, max: 3 } })
    const { readings } = record(engine)
    const { port } = await engine.listen()
    const client = await StreamClient.open(port)
    const names = ['a', 'b', 'c']
    let sent = 0
    const sentAs: string[] = []
    for (const round of counting(60)) {
      const tier = TIERS[(round * 7) % 4]
      const puts = names.map((name) =>
        fetch(`http://127.0.0.1:${port}/v1/devices/${name}`, {
          method: 'PUT',
          body: JSON.stringify({ tier }),
        }),
      )
      for (const { ok } of await Promise.all(puts)) expect(ok).toBe(true)
      // two frames, so that the lanes are never empty when the tier changes
      for (const seq of [2 * round + 1, 2 * round + 2]) {
        const values = counting(150, sent)
        const frame = values.flatMap((value) =>
          names.map((name) => ({ series: seriesKey(deviceIdOf(name), 1), value })),
        )
        client.send(seq, frame)
        sent += values.length
        sentAs.push(...values.map(() => tier))
      }
      await client.answered(2 * round + 1)
    }
    await client.answered(120)
    await until(() => readings.length >= sent * names.length, 'all worked through')
    expect(client.answers).toEqual([])
    for (const name of names) {
      const own = readings.filter(({ device }) => device === deviceIdOf(name))
      expect(own.map(({ value }) => value)).toEqual(counting(sent))
      // a frame sent before the answer to a PUT may be routed after it, hence not before, but never the other way
      const asTold = own.filter(({ tier }, i) => tier === sentAs[i]).length
      expect(asTold).toBeGreaterThan(own.length * 0.4)
      for (const round of counting(60)) expect(own[round * 300].tier).toBe(sentAs[round * 300])
    }
    await client.close()
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })
})

describe('engine.setPoolSize', () => {
  it('loses and reorders nothing, up and down under load', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder', { ms: 1 }), pool: { size: 1, max: 4 } })
    const { readings } = record(engine)
    let isOver = false
    let sent = 0
    const feeding = (async () => {
      while (!isOver) {
        const values = counting(20, sent)
        const all = values.flatMap((value) =>
          counting(40).map((d) => ({ device: `d${d}`, metric: 'value', value })),
        )
        expect((await engine.ingest(all)).refused).toEqual([])
        sent += values.length
        if (engine.stats().account.inFlight > 40_000) await moment(20)
      }
    })()
    for (const size of [4, 1, 2, 4, 3, 1, 4, 2, 1, 3]) {
      await engine.setPoolSize(size)
      expect(engine.stats().pool.size).toBe(size)
      await moment(30)
    }
    isOver = true
    await feeding
    await until(() => readings.length >= sent * 40, 'all worked through')
    const series = valuesBySeries(readings)
    expect(series.size).toBe(40)
    for (const values of series.values()) expect(values).toEqual(counting(sent))
    expect(engine.stats().pool.replaced).toBe(0)
    expect(imbalance(engine.stats().account)).toEqual(BALANCED)
  })

  it('comes to rest at the last of several sizes asked for at once', async () => {
    const engine = await startEngine({ pool: { size: 2, max: 4 } })
    await Promise.all([4, 1, 3, 1, 2].map((size) => engine.setPoolSize(size)))
    expect(engine.stats().pool.size).toBe(2)
    await engine.ingest(many('d', 1000))
    await until(() => isIdle(engine), 'all worked through')
  })

  it('keeps to pool.min and pool.max', async () => {
    const engine = await startEngine({ pool: { min: 2, max: 3 } })
    for (const size of [1, 4, 2.5, NaN])
      await expect(engine.setPoolSize(size)).rejects.toThrow('is not allowed; allowed: 2 to 3')
  })

  it('keeps one of two workers for critical and premium readings where told to', async () => {
    const gate = new Gate()
    const engine = await startEngine({
      pipeline: fixture('recorder', { gate: gate.path, hold: 'bulk' }),
      devices: [...devices, ...counting(8).map((i) => ({ name: `b${i}`, tier: 'bulk' as const }))],
      pool: { size: 2, max: 2, reserveCritical: true },
    })
    const { readings } = record(engine)
    await engine.ingest(counting(8).flatMap((i) => many(`b${i}`, 1)))
    await until(() => gate.isReached, 'bulk at work')
    await offer(engine, 'premium', 1)
    await until(() => readings.length > 0, 'premium')
    // while the other worker is still at its first bulk slice
    expect(readings.map(({ tier }) => tier)).toEqual(['premium'])
    gate.open()
    await until(() => isIdle(engine), 'all worked through')
  })
})
