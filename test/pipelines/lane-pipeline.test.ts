import { describe, expect, it } from 'vitest'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { PipelineModule } from '../../src/pipelines/pipeline-module.ts'
import { InlineEngine } from '../engine/inline-engine.ts'

const CALM = Array.from({ length: 40 }, (_, i) => ({ device: 'pump', value: 10 + (i % 2), time: 1e12 + i }))
const anomalies = { warmup: 20, threshold: 6, clearRatio: 0.5, clearAfter: 3 }
const open = (module: Partial<PipelineModule>, config: ConfigInput = {}) =>
  InlineEngine.open({ name: 'test', ...module }, { anomalies, ...config })

describe('what a pipeline is shown of a reading', () => {
  it('is everything the engine knows of it', async () => {
    const seen: unknown[] = []
    const engine = await open(
      {
        onReadings(batch) {
          while (batch.next()) {
            const { series, device, metric, time, value, lat, lon, region, tier } = batch
            seen.push({ series, device, metric, time, value, lat, lon, region, tier })
          }
        },
      },
      { rules: [{ match: 'pump', tier: 'premium', region: 'africa' }] },
    )
    engine.process([
      { device: 'pump', metric: 'heat', value: 1.5, time: 1e12, lat: 52.5, lon: 13.25 },
      { device: 'pump', metric: 'heat', value: 2.5, time: 1e12 + 1 },
    ])
    const device = deviceIdOf('pump')
    const metric = engine.directory.metricId('heat')
    const common = { series: seriesKey(device, metric), device, metric: 'heat', tier: 'premium' }
    expect(seen).toEqual([
      { ...common, region: 'europe', time: 1e12, value: 1.5, lat: 52.5, lon: 13.25 },
      { ...common, region: 'africa', time: 1e12 + 1, value: 2.5, lat: NaN, lon: NaN },
    ])
  })

  it('is how far it is from the mean, in steps of 1/256', async () => {
    const scores: number[] = []
    const engine = await open({
      onReadings(batch) {
        while (batch.next()) scores.push(batch.score)
      },
    })
    engine.process([...CALM, { device: 'pump', value: 1e9 }, { device: 'pump', value: -1e9 }])
    expect(scores.slice(20, 40).every((score) => Math.abs(score) < 2)).toBe(true)
    expect(scores[40]).toBeCloseTo(128, 1)
    for (const score of scores) expect(score * 256).toBe(Math.round(score * 256))
  })

  it('can be looked at twice', async () => {
    const values: number[] = []
    const engine = await open({
      onReadings(batch) {
        while (batch.next());
        batch.rewind()
        while (batch.next()) values.push(batch.value)
      },
    })
    engine.process([1, 2, 3].map((value) => ({ device: 'pump', value })))
    expect(values).toEqual([1, 2, 3])
  })

  it('is nothing of metrics it did not ask for', async () => {
    const values: number[] = []
    const engine = await open({
      metrics: ['heat'],
      onReadings(batch) {
        while (batch.next()) values.push(batch.value)
      },
    })
    engine.process([
      { device: 'pump', metric: 'heat', value: 1 },
      { device: 'pump', metric: 'noise', value: 2 },
      { device: 'pump', metric: 'heat', value: 3 },
    ])
    expect(values).toEqual([1, 3])
  })
})

describe('what a pipeline is shown of an anomaly', () => {
  it('is everything the engine knows of it, in its phases', async () => {
    const seen: Record<string, unknown>[] = []
    const engine = await open({
      onAnomaly(event) {
        const { phase, series, device, metric, time, value, score, mean, deviation } = event
        const { region, tier, lat, lon, receivedMs } = event
        seen.push({ phase, series, device, metric, time, value, score, mean, deviation })
        Object.assign(seen.at(-1)!, { region, tier, lat, lon, receivedMs })
      },
    })
    const after = [900, 901, 10, 11, 10, 11, 10].map((value, i) => {
      return { device: 'pump', value, time: 1e12 + 40 + i, lat: 52.5, lon: 13.25 }
    })
    engine.process([...CALM, ...after])
    expect(seen.map(({ phase }) => phase)).toEqual(['raised', 'continuing', 'recovered'])
    expect(seen[0]).toMatchObject({
      ...{ device: deviceIdOf('pump'), metric: 'value', time: 1e12 + 40, value: 900, tier: 'standard' },
      ...{ series: seriesKey(deviceIdOf('pump'), 1), lat: 52.5, lon: 13.25, region: 'europe' },
    })
    expect(seen[0].receivedMs).toBeCloseTo(engine.clock.ms, 0)
    expect(seen[0].mean).toBeCloseTo(10.5, 0)
    expect(seen[0].deviation).toBeLessThan(1)
    expect(seen[0].score).toBeGreaterThan(6)
  })

  it('is NaN where it has no position', async () => {
    const seen: number[] = []
    const engine = await open({ onAnomaly: ({ lat, lon }) => void seen.push(lat, lon) })
    engine.process([...CALM, { device: 'pump', value: 900 }])
    expect(seen).toEqual([NaN, NaN])
  })
})

describe('what a pipeline says', () => {
  it('is heard: alerts once for each series and rule, data as it is', async () => {
    const engine = await open({
      onReadings(batch, ctx) {
        while (batch.next()) {
          if (batch.value > 5) ctx.alert({ rule: 'high', message: `${batch.value}`, severity: 'low' })
          else ctx.clear('high')
        }
        ctx.emit('done', { shard: ctx.shard })
      },
    })
    const told: string[] = []
    engine.alerts.subscribe(({ rule, device, message, severity }, change) =>
      told.push([change, rule, device, message, severity].join(' ')),
    )
    engine.process([9, 8, 1, 1].map((value) => ({ device: 'pump', value })))
    expect(told.map((line) => line.split(' ')[0])).toEqual(['raised', 'updated', 'resolved'])
    expect(told[0]).toBe('raised high pump 9 low')
    const shard = engine.foundation.kernels.shardOf(seriesKey(deviceIdOf('pump'), 1))
    expect(engine.emitted).toMatchObject([{ topic: 'done', data: { shard } }])
  })

  it('is not heard of a call that failed', async () => {
    let calls = 0
    const engine = await open({
      onReadings(batch, ctx) {
        ctx.emit('call', ++calls)
        while (batch.next()) if (batch.value === 2 && calls === 1) throw new Error('not yet')
      },
    })
    engine.process([1, 2].map((value) => ({ device: 'pump', value })))
    expect(engine.emitted.map(({ data }) => data)).toEqual([2, 3])
    expect(engine.deadLetters.seen).toBe(0)
  })

  it.each<[string, NonNullable<PipelineModule['onReadings']>, RegExp]>([
    [
      'an alert without a rule',
      (_, ctx) => ctx.alert({ rule: '', message: 'x' }),
      /^TypeError: alert: rule must/,
    ],
    [
      'an alert of a severity there is not',
      (_, ctx) => ctx.alert({ rule: 'r', message: 'x', severity: 'grim' as 'low' }),
      /^TypeError: alert: severity must be one of low, medium, high, critical/,
    ],
    [
      'more than fits',
      (_, ctx) => ctx.emit('t', 'x'.repeat(70_000)),
      /^RangeError: at most 65536 bytes at once/,
    ],
    [
      'what is not an error',
      () => {
        // oxlint-disable-next-line typescript/only-throw-error
        throw 'a text'
      },
      /^a text$/,
    ],
  ])('is told what is wrong with %s', async (_, onReadings, cause) => {
    const engine = await open({
      onReadings(batch, ctx) {
        batch.next()
        onReadings(batch, ctx)
      },
    })
    engine.process([{ device: 'pump', value: 1 }])
    expect(engine.deadLetters.recent(1)[0]).toMatchObject({ cause: expect.stringMatching(cause) as string })
  })

  it('may be state, of which each shard has its own', async () => {
    const engine = await open({
      stateSize: 1,
      onReadings(batch, ctx) {
        while (batch.next()) ctx.state[0]++
        ctx.emit('count', [ctx.shard, ctx.state[0], ctx.state.length])
      },
    })
    for (let i = 0; i < 2; i++) engine.process(['a', 'b'].map((device) => ({ device, value: i })))
    const counts = engine.emitted.map(({ data }) => data as number[])
    const shards = ['a', 'b'].map((name) => engine.foundation.kernels.shardOf(seriesKey(deviceIdOf(name), 1)))
    expect(shards[0]).not.toBe(shards[1])
    for (const shard of shards)
      expect(counts.filter(([of]) => of === shard)).toEqual([
        [shard, 1, 1],
        [shard, 2, 1],
      ])
  })
})
