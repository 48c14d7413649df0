import { describe, expect, it } from 'vitest'
import { count } from '../../src/pipelines/builder/aggregates.ts'
import { pipeline } from '../../src/pipelines/builder/pipeline.ts'
import { tumbling } from '../../src/pipelines/builder/windows.ts'
import { testPipeline } from '../../src/testing/index.ts'
import { InlineEngine } from '../engine/inline-engine.ts'
import { type InlineStream, opening } from '../engine/inline-streams.ts'

const seldom = pipeline('seldom', { metrics: ['value'], lateness: '1s', idle: '10s' })
  .window(tumbling('10s'), { by: 'device', aggregate: { n: count() } })
  .emit('counts')

const counting = (length: number): number[] => Array.from({ length }, (_, i) => i)

/** One device every second, others, in shards of their own, every 40 seconds. */
const sendersAt = (second: number): string[] =>
  second % 40 === 20 ? ['often', 'seldom-1', 'seldom-2', 'seldom-3'] : ['often']

describe('a shard that is quiet for long', () => {
  it('goes on with the others, and its next reading is not late', async () => {
    let stream: InlineStream | undefined
    const engine = await InlineEngine.open(
      undefined,
      {},
      opening(seldom.definition, (opened) => (stream = opened)),
    )
    const work = (): void => {
      for (let done = 1; done > 0;) done = engine.turn(0)
    }
    for (let second = 0; second < 120; second++) {
      const time = engine.clock.epochMs()
      engine.send(sendersAt(second).map((device) => ({ device, value: second, time })))
      engine.route()
      work()
      engine.clock.ms += 1000
    }
    const { outcomes, progress } = stream!
    expect(outcomes.lateRows).toBe(0)
    const before = outcomes.items('emit-1').length
    expect(before).toBeGreaterThan(10)
    // nobody says anything any more: what is open closes
    for (let i = 0; i < 25; i++) {
      engine.clock.ms += 1000
      work()
    }
    const counts = outcomes.items('emit-1') as { n: number }[]
    expect(counts.reduce((sum, { n }) => sum + n, 0)).toBe(120 + 9)
    expect(progress.figures()).toMatchObject({ readings: 129, late: 0 })
  })

  it('has its part in what is put together of all, though that ends much later', async () => {
    const long = pipeline('long', { metrics: ['value'], lateness: '1s', idle: '2s' })
      .window(tumbling('20s'), { by: 'all', aggregate: { n: count() } })
      .emit('counts')
    let stream: InlineStream | undefined
    const engine = await InlineEngine.open(
      undefined,
      {},
      opening(long.definition, (opened) => (stream = opened)),
    )
    const start = Math.ceil(engine.clock.epochMs() / 20_000) * 20_000
    engine.clock.ms += start - engine.clock.epochMs()
    for (let second = 0; second < 24; second++) {
      const devices = second === 3 ? counting(20).map((i) => `once-${i}`) : ['often']
      const time = engine.clock.epochMs()
      engine.send(devices.map((device) => ({ device, value: second, time })))
      engine.route()
      for (let i = 0; i < 5; i++, engine.clock.ms += 200) while (engine.turn(i % 2) > 0);
    }
    const { outcomes, progress } = stream!
    expect(outcomes.items('emit-1')).toMatchObject([{ n: 19 + 20 }])
    expect(progress.figures().late).toBe(0)
  })

  it('is the same in the testing kit', () => {
    const t = testPipeline(seldom)
    for (let second = 0; second < 120; second++)
      t.send(sendersAt(second).map((device) => ({ device, metric: 'value', value: 1, at: `${second}s` })))
    expect(t.late).toBe(0)
    t.advance('25s')
    expect(t.results<{ n: number }>('counts').reduce((sum, { n }) => sum + n, 0)).toBe(129)
  })
})
