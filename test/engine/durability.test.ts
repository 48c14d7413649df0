import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { counting } from './recorded.ts'
import { BALANCED, fixture, imbalance, isIdle, until } from './rig.ts'

const T0 = 1_700_000_040_000

const steady = (device: string, count: number, from = 0) =>
  counting(count, from).map((i) => ({
    ...{ device, metric: 'temperature', value: 20 + (i % 5), time: T0 + i * 100 },
  }))

const ports = new WeakMap<Engine, Promise<{ port: number }>>()

async function ask<T>(engine: Engine, path: string): Promise<T> {
  const listening = ports.get(engine) ?? engine.listen()
  ports.set(engine, listening)
  return (await (await fetch(`http://127.0.0.1:${(await listening).port}${path}`)).json()) as T
}

/** How the first engine ends, and where the second one goes on. */
const ENDS: { end: string; go: (engine: Engine, dataDir: string) => Promise<string> }[] = [
  { end: 'was closed', go: async (engine, dataDir) => (await engine.close(), dataDir) },
  { end: 'was killed', go: async (_, dataDir) => killedNow(dataDir) },
]

describe.each(ENDS)('An engine that goes on where another one $end', ({ go }) => {
  it('has the series and their windows as they were', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir)
    for (const device of ['a', 'b']) await first.ingest(steady(device, 700))
    await until(() => isIdle(first), 'all processed')
    const paths = ['/v1/series/a/temperature', '/v1/series/b/temperature']
    const before = await Promise.all(paths.map((path) => ask(first, path)))
    const second = await startDurable(await go(first, dataDir))
    expect(await Promise.all(paths.map((path) => ask(second, path)))).toEqual(before)
    expect(before[0]).toMatchObject({ count: 700, window: { start: T0 + 60_000, count: 100 } })
    expect(imbalance(second.stats().account)).toEqual(BALANCED)
  })

  it('has the alerts that were open, and goes on with their conditions', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir, { anomalies: { warmup: 10, clearAfter: 2 } })
    await first.ingest(steady('a', 100))
    await first.ingest([{ device: 'a', metric: 'temperature', value: 500, time: T0 + 10_000 }])
    await until(() => first.stats().alerts.open === 1, 'an alert')
    const { alerts } = await ask<{ alerts: object[] }>(first, '/v1/alerts?state=firing')
    const second = await startDurable(await go(first, dataDir), { anomalies: { warmup: 10, clearAfter: 2 } })
    const after = await ask<{ alerts: object[] }>(second, '/v1/alerts?state=firing')
    expect(after.alerts).toEqual([{ ...alerts[0], replayed: expect.any(Boolean) as boolean }])
    await second.ingest(steady('a', 10, 101))
    await until(() => second.stats().alerts.open === 0, 'the alert to clear')
  })

  it('has the state of user code', async () => {
    const dataDir = newFolder()
    const config = { pipeline: fixture('watcher') }
    const first = await startDurable(dataDir, config)
    await first.ingest(steady('a', 50))
    await until(() => isIdle(first), 'all processed')
    const second = await startDurable(await go(first, dataDir), config)
    const totals: unknown[] = []
    second.on('emit', ({ data }) => totals.push(data))
    await second.ingest([{ device: 'a', metric: 'temperature', value: 1, time: T0 + 50_000 }])
    await until(() => totals.length > 0, 'what user code says')
    const sum = steady('a', 50).reduce((total, { value }) => total + value, 1)
    expect(totals.at(-1)).toMatchObject({ total: sum })
  })

  it('knows devices and metrics under their numbers', async () => {
    const dataDir = newFolder()
    const config = { metrics: { configured: { unit: 'bar' } } }
    const first = await startDurable(dataDir, config)
    first.devices.register('pump', { tier: 'critical', tenant: 'acme', attributes: { floor: 3 } })
    first.metrics.define('pressure', { unit: 'Pa' })
    await first.ingest([{ device: 'by-itself', metric: 'flow', value: 1 }])
    await until(() => isIdle(first), 'all processed')
    const dictionary = first.metrics.toJSON()
    const devices = [first.devices.get('pump'), first.devices.get('by-itself')]
    const second = await startDurable(await go(first, dataDir), config)
    expect(second.metrics.toJSON()).toEqual(dictionary)
    expect(['pump', 'by-itself'].map((name) => second.devices.get(name))).toEqual(devices)
    expect(second.devices.nameOf(deviceIdOf('by-itself'))).toBe('by-itself')
    expect(dictionary).toMatchObject({ configured: { id: 2 }, pressure: { id: 3 }, flow: { id: 4 } })
  })
})

describe('An engine that was closed', () => {
  it('has nothing to replay when it starts again', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir)
    await first.ingest(steady('a', 200))
    await first.close()
    const second = await startDurable(dataDir)
    expect(second.stats().durability).toMatchObject({ replayed: 0 })
    expect(second.stats().series).toBe(1)
  })
})

describe('A data directory', () => {
  it('is for one engine at a time', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir)
    await expect(startDurable(dataDir)).rejects.toMatchObject({ code: 'data-dir-in-use' })
    await first.close()
    await expect(startDurable(dataDir)).resolves.toBeDefined()
  })

  it.each([
    { given: { durability: 'memory', dataDir: 'somewhere' } as const, words: /dataDir/ },
    { given: { durability: 'journal' } as const, words: /dataDir.*name a folder/ },
  ])('goes with a journal, not with $given.durability alone', async ({ given, words }) => {
    const { createEngine } = await import('../../src/engine/create-engine.ts')
    const refusal = createEngine({ port: 0, ...given })
    await expect(refusal).rejects.toMatchObject({ code: 'bad-config' })
    await expect(refusal).rejects.toThrow(words)
  })
})
