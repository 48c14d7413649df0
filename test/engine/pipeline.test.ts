import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { fixture, isIdle, startEngine, until } from './rig.ts'
import { counting, record, valuesBySeries } from './recorded.ts'

const metrics = { temperature: { unit: '°C' }, humidity: { unit: '%' } }

describe('a pipeline of the user', () => {
  it('sees every reading once and in order within its series', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder'), pool: { size: 3, max: 4 } })
    const heard = record(engine)
    const frames = counting(40).map((frame) =>
      counting(500).map((i) => ({
        device: `d${i % 100}`,
        metric: 'value',
        value: frame * 5 + Math.floor(i / 100),
      })),
    )
    const results = await Promise.all(frames.map((readings) => engine.ingest(readings)))
    expect(results.every(({ accepted }) => accepted === 500)).toBe(true)
    await until(() => heard.readings.length >= 20_000, 'all readings heard of')
    const series = valuesBySeries(heard.readings)
    expect(series.size).toBe(100)
    for (const values of series.values()) expect(values).toEqual(counting(200))
    await engine.close()
    expect(heard.readings).toHaveLength(20_000)
  })

  it('is shown device, metric, time, value, place, region and tier', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder'), metrics })
    const heard = record(engine)
    engine.devices.register('berlin', { tier: 'premium' })
    engine.devices.register('home', { tier: 'critical', region: 'oceania' })
    engine.devices.register('parked', { tier: 'bulk', lat: 40.7, lon: -74 })
    await engine.ingest([
      { device: 'berlin', metric: 'temperature', value: 21.5, time: 1e12, lat: 52.52, lon: 13.405 },
      { device: 'home', metric: 'humidity', value: 40, time: 1e12 + 1 },
      { device: 'parked', metric: 'humidity', value: -1e300, time: 1e12 + 2 },
      { device: 'nowhere', metric: 'value', value: true, time: 1e12 + 3 },
    ])
    await until(() => heard.readings.length === 4, 'all readings heard of')
    const of = (name: string) => heard.readings.find(({ device }) => device === deviceIdOf(name))
    const temperature = engine.metrics.get('temperature')!.id
    expect(of('berlin')).toMatchObject({
      ...{ series: String(seriesKey(deviceIdOf('berlin'), temperature)), metric: 'temperature', time: 1e12 },
      ...{ value: 21.5, region: 'europe', tier: 'premium' },
    })
    expect(of('berlin')!.lat).toBeCloseTo(52.52, 7)
    expect(of('berlin')!.lon).toBeCloseTo(13.405, 7)
    const home = { metric: 'humidity', value: 40, lat: null, lon: null, region: 'oceania', tier: 'critical' }
    expect(of('home')).toMatchObject(home)
    expect(of('parked')).toMatchObject({ value: -1e300, region: 'americas', tier: 'bulk', lat: null })
    expect(of('nowhere')).toMatchObject({ value: 1, region: 'unassigned', tier: 'standard', time: 1e12 + 3 })
  })

  it('is shown the score: deviations from the running mean', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder'), anomalies: { warmup: 10 } })
    const heard = record(engine)
    const values = [...counting(50).map((i) => 10 + (i % 2)), 10.5, 14.5, 6.5]
    await engine.ingest(values.map((value) => ({ device: 'd', metric: 'value', value })))
    await until(() => heard.readings.length === 53, 'all readings heard of')
    const [mean, above, below] = heard.readings.slice(-3).map(({ score }) => score)
    expect(Math.abs(mean)).toBeLessThan(0.2)
    expect(above).toBeGreaterThan(6)
    expect(below).toBeLessThan(-2)
  })

  it('is shown only the metrics it asks for, also one that is named later', async () => {
    const engine = await startEngine({ pipeline: fixture('recorder', { metrics: 'humidity,late' }), metrics })
    const heard = record(engine)
    const reading = (metric: string, value: number) => ({ device: 'd', metric, value })
    await engine.ingest([reading('temperature', 1), reading('humidity', 2), reading('value', 3)])
    await engine.ingest([reading('late', 4), reading('later', 5)])
    await until(() => isIdle(engine) && heard.readings.length >= 2, 'all readings worked through')
    expect(heard.readings.map(({ metric, value }) => [metric, value]).sort()).toEqual([
      ['humidity', 2],
      ['late', 4],
    ])
    expect(engine.stats().account.processed).toBe(5)
  })

  it('is told of anomalies, with the mean they stand out from', async () => {
    const engine = await startEngine({
      pipeline: fixture('recorder'),
      anomalies: { warmup: 10, threshold: 6, clearAfter: 2 },
      devices: [{ name: 'd', tier: 'premium', lat: 52.5, lon: 13.4 }],
    })
    const heard = record(engine)
    const values = [...counting(50).map((i) => 10 + (i % 2)), 99, 10, 11, 10, 11]
    await engine.ingest(values.map((value, i) => ({ device: 'd', metric: 'value', value, time: 1e12 + i })))
    await until(() => heard.anomalies.length === 2, 'raised and recovered')
    const [raised, recovered] = heard.anomalies
    const whose = { device: deviceIdOf('d'), metric: 'value', tier: 'premium', region: 'europe', lat: null }
    expect(raised).toMatchObject({ phase: 'raised', value: 99, time: 1e12 + 50, ...whose })
    expect(raised.mean).toBeCloseTo(10.5, 0)
    expect(raised.deviation).toBeCloseTo(0.5, 0)
    expect(raised.score as number).toBeGreaterThan(50)
    expect(recovered).toMatchObject({ phase: 'recovered', ...whose })
  })

  it('raises and clears alerts of its own, once each', async () => {
    const engine = await startEngine({ pipeline: fixture('watcher'), metrics })
    const told: string[] = []
    engine.on('alert', ({ rule, message, device, severity, count }, change) =>
      told.push([change, rule, device, message, severity, count].join(' ')),
    )
    const readings = [20, 120, 130, 30, 20].map((value) => ({ device: 'oven', metric: 'temperature', value }))
    await engine.ingest([...readings, { device: 'oven', metric: 'humidity', value: 200 }])
    await until(() => told.length === 3, 'the alert has come and gone')
    expect(told).toEqual([
      'raised too-hot oven 120 °C critical 1',
      'updated too-hot oven 130 °C critical 2',
      'resolved too-hot oven 130 °C critical 2',
    ])
    expect(engine.alerts.list({ matchers: ['team=heat'] }).alerts).toHaveLength(1)
  })

  it('keeps state per shard that outlives a change of the pool', async () => {
    const engine = await startEngine({ pipeline: fixture('watcher'), metrics, pool: { size: 1, max: 3 } })
    let total = 0
    engine.on('emit', ({ data }) => (total = (data as { total: number }).total))
    const ten = counting(10).map(() => ({ device: 'same', metric: 'temperature', value: 1 }))
    for (const size of [2, 3, 1]) {
      await engine.ingest(ten)
      await engine.setPoolSize(size)
    }
    await until(() => total === 30, 'all three tens are summed up')
  })
})

describe('a pipeline that is not one', () => {
  const withCode = (code: string) =>
    startEngine({ pipeline: `data:text/javascript,${encodeURIComponent(code)}` })

  it.each([
    ['', 'name must be a string that is not empty'],
    ['export const name = 7', 'name must be a string that is not empty'],
    ['export const name = "p"', 'neither onReadings nor onAnomaly'],
    ['export const name = "p", onReadings = 1', 'onReadings must be a function'],
    ['export default { name: "p", onAnomaly: {} }', 'onAnomaly must be a function'],
    ['export const name = "p", metrics = "a"; export function onReadings() {}', 'metrics must be a list'],
    [
      'export const name = "p", stateSize = -1; export function onReadings() {}',
      'stateSize must be a whole number',
    ],
    ['export const name = ', 'cannot be loaded'],
    ['throw new Error("no licence")', 'cannot be loaded: no licence'],
  ])('%s: says what is wrong', async (code, message) => {
    await expect(withCode(code)).rejects.toMatchObject({
      code: 'pipeline-failed',
      message: expect.stringContaining(message) as string,
    })
  })

  it('is refused when it fails only in the workers, and leaves no thread behind', async () => {
    await expect(startEngine({ pipeline: fixture('main-thread-only') })).rejects.toMatchObject({
      code: 'pipeline-failed',
      message: expect.stringContaining('not for workers') as string,
    })
  })

  it('says which file is missing', async () => {
    const engine = startEngine({ pipeline: new URL('./fixtures/missing.js', import.meta.url) })
    await expect(engine).rejects.toMatchObject({
      code: 'pipeline-failed',
      message: expect.stringContaining('missing.js') as string,
    })
  })
})
