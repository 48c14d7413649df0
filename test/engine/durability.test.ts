import { describe, expect, it } from 'vitest'
import { deviceIdOf } from '../../src/core/ids.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { killedNow, newFolder, startDurable } from './durable-rig.ts'
import { counting } from './recorded.ts'
import { BALANCED, fixture, imbalance, isIdle, startEngine, until } from './rig.ts'

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
const ENDS: {
  end: string
  replays: boolean
  go: (engine: Engine, dataDir: string) => Promise<string>
}[] = [
  { end: 'was closed', replays: false, go: async (engine, dataDir) => (await engine.close(), dataDir) },
  { end: 'was killed', replays: true, go: async (_, dataDir) => killedNow(dataDir) },
]

describe.each(ENDS)('An engine that goes on where another one $end', ({ go, replays }) => {
  it(
    'has series, windows, alerts, the state of user code, devices and metrics as they were',
    { timeout: 120_000 },
    async () => {
      const dataDir = newFolder()
      const config: ConfigInput = {
        ...{ anomalies: { warmup: 10, clearAfter: 2 }, pipeline: fixture('watcher') },
        metrics: { configured: { unit: 'bar' } },
      }
      const first = await startDurable(dataDir, config)
      first.devices.register('pump', { tier: 'critical', tenant: 'acme', attributes: { floor: 3 } })
      first.metrics.define('pressure', { unit: 'Pa' })
      for (const device of ['a', 'b']) await first.ingest(steady(device, 700))
      const heat = (count: number, from = 0) =>
        steady('hot', count, from).map((reading) => ({ ...reading, metric: 'heat' }))
      await first.ingest(heat(100))
      await first.ingest([{ device: 'hot', metric: 'heat', value: 500, time: T0 + 10_000 }])
      await first.ingest([{ device: 'by-itself', metric: 'flow', value: 1 }])
      await until(() => isIdle(first) && first.stats().alerts.open === 1, 'all processed, and an alert')
      const paths = ['/v1/series/a/temperature', '/v1/series/b/temperature']
      const before = await Promise.all(paths.map((path) => ask(first, path)))
      const { alerts } = await ask<{ alerts: object[] }>(first, '/v1/alerts?state=firing')
      const dictionary = first.metrics.toJSON()
      const devices = [first.devices.get('pump'), first.devices.get('by-itself')]

      const second = await startDurable(await go(first, dataDir), config)
      expect(await Promise.all(paths.map((path) => ask(second, path)))).toEqual(before)
      expect(before[0]).toMatchObject({ count: 700, window: { start: T0 + 60_000, count: 100 } })
      expect(imbalance(second.stats().account)).toEqual(BALANCED)

      expect(second.metrics.toJSON()).toEqual(dictionary)
      expect(['pump', 'by-itself'].map((name) => second.devices.get(name))).toEqual(devices)
      expect(second.devices.nameOf(deviceIdOf('by-itself'))).toBe('by-itself')
      const known = { configured: { id: 2 }, pressure: { id: 3 }, temperature: { id: 4 }, flow: { id: 6 } }
      expect(dictionary).toMatchObject(known)

      const after = await ask<{ alerts: object[] }>(second, '/v1/alerts?state=firing')
      expect(after.alerts).toEqual([{ ...alerts[0], replayed: replays }])
      await second.ingest(heat(10, 101))
      await until(() => second.stats().alerts.open === 0, 'the alert to clear')

      const totals: unknown[] = []
      second.on('emit', ({ data }) => totals.push((data as { total: number }).total))
      await second.ingest([{ device: 'a', metric: 'temperature', value: 1, time: T0 + 70_000 }])
      const sum = steady('a', 700).reduce((total, { value }) => total + value, 1)
      await until(
        () => totals.includes(sum),
        () => `${sum} from user code, not only ${totals.join(', ')}`,
      )
    },
  )
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

const perReading = `data:text/javascript,export const name = 'each'; export function onReadings(batch, ctx) {
  while (batch.next()) ctx.emit('seen', batch.value) }`

describe('What follows from readings', () => {
  it('is told when they are durable, and before only if that is wanted', async () => {
    const slow = { pipeline: perReading, fsync: { everyMs: 1000 } }
    for (const externalize of ['after-durable', 'at-once'] as const) {
      const engine = await startDurable(newFolder(), { ...slow, externalize })
      await engine.ingest([{ device: 'a', metric: 'value', value: 1 }])
      const durable = (): number => engine.stats().durability!.journal.durableSequence
      const before = durable()
      let atEmit = 0
      engine.on('emit', ({ data }) => {
        if (data === 2) atEmit ||= durable()
      })
      const taken = engine.ingest([{ device: 'a', metric: 'value', value: 2 }])
      await until(() => atEmit > 0, 'what user code says')
      expect(atEmit > before).toBe(externalize === 'after-durable')
      await taken
      expect(durable()).toBeGreaterThan(before)
    }
  })

  it('has the same id when it is told again after a crash', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir, { pipeline: perReading })
    const ids: string[][] = [[], []]
    first.on('emit', ({ id }) => ids[0].push(id))
    await first.ingest(steady('a', 40))
    await until(() => ids[0].length === 40, 'all told')
    const second = await startEngine({
      ...{ durability: 'journal', dataDir: killedNow(dataDir), pipeline: perReading },
      journal: { segmentBytes: 1024 * 1024 },
    })
    second.on('emit', ({ id }) => ids[1].push(id))
    await second.ready
    await until(() => ids[1].length === 40, 'all told again')
    expect(new Set(ids[1])).toEqual(new Set(ids[0]))
    expect(new Set(ids[0]).size).toBe(40)
  })
})

describe('Readings that were handed in', () => {
  it('are in the journal when `ingest` resolves', async () => {
    const dataDir = newFolder()
    const first = await startDurable(dataDir)
    for (let round = 0; round < 5; round++) {
      await first.ingest(steady('a', 10, 10 * round))
      // copied without a turn in between
      const copy = killedNow(dataDir)
      if (round < 4) continue
      const second = await startDurable(copy)
      expect(await ask(second, '/v1/series/a/temperature')).toMatchObject({ count: 50 })
    }
  })
})
