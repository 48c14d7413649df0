import { describe, expect, it } from 'vitest'
import { NO_ECONOMY } from '../../../src/memory/economies.ts'
import { reportOf, reportText } from '../../../src/simulation/result/report.ts'
import { timelineCsv } from '../../../src/simulation/result/timeline.ts'
import { simulate } from '../../../src/simulation/run/simulation.ts'
import { TRACKS } from '../../../src/simulation/words.ts'
import { Thrift } from '../../../src/simulation/world/thrift.ts'
import { loadedScenario } from '../loaded-scenario.ts'

/** One node that does 1,000 readings per second, and twice as much to do for three minutes. */
const scenario = (ladder: string, more = '') =>
  loadedScenario(`
duration: 8m
fleet:
  - { name: a, devices: 400, every: 1s, tier: premium }
  - { name: b, devices: 400, every: 1s, tier: bulk, traffic: [{ burst: { at: 1m, for: 3m, times: 4 } }] }
pools:
  - serviceRate: 1k/s
    workers: 1
    spread: 0
    backlog: 20k
    policy: { min: 1, max: 1 }
    degradation: { ladder: [${ladder}], downAfterMs: 5000, upAfterMs: 20000 }
    spares: { longer-slices: 5%, pipelines: { reports: 20% } }
${more}
`)

describe('degraded mode', () => {
  it('steps down under severe shortage and up when it is calm, as the engine does', async () => {
    const ladder =
      '{ do: longer-slices }, { do: pause-pipelines, pipelines: [reports] }, { do: sample-bulk, keep: 10 }'
    const expected = 'expect: { degraded: { reached: 3, most: 3, end: 0, steps: 12, sampled: 90% }, lost: 0 }'
    const outcome = await simulate(scenario(ladder, expected))
    const [{ steps, measures, rows, unfinished }] = outcome.pools
    expect(reportOf(outcome).held, reportText(outcome)).toBe(true)
    expect(steps.slice(0, 3).map(({ from, to }) => [from, to])).toEqual([
      [0, 1],
      [1, 2],
      [2, 3],
    ])
    expect(steps.at(-1)).toMatchObject({ from: 1, to: 0, rung: 'longer-slices 510' })
    // a sample really leaves readings out, and nothing else is lost
    expect(measures.sampled).toBeGreaterThan(100_000)
    const came = measures.fresh.reduce((sum, amount) => sum + amount, 0)
    expect((measures.served + measures.sampled + unfinished) / came).toBeCloseTo(1, 6)
    expect(Math.max(...rows.map(({ rung }) => rung))).toBe(3)
    expect(timelineCsv(outcome.pools)).toMatch(/,rung,.*\n[^]*,3,.*degraded/)
    expect(reportText(outcome)).toContain('degraded: up to 3 rungs down, 0 at the end')
  })

  it('is missed where it is expected and does not come', async () => {
    const outcome = await simulate(scenario('', 'expect: { degraded: { reached: 1 } }'))
    expect(reportOf(outcome).verdicts).toEqual([
      { objective: 'rungs down', expected: '≥ 1', actual: '0', held: false },
    ])
  })

  it('does more with the same units when pipelines are paused', async () => {
    const { pools } = await simulate(scenario('{ do: pause-pipelines, pipelines: [reports] }'))
    const work = pools[0].rows.map(({ capacity }) => capacity)
    expect(Math.min(...work)).toBe(1000)
    expect(Math.max(...work)).toBeCloseTo(1000 / 0.8)
  })
})

describe('Thrift', () => {
  const spares = {
    ...{ 'longer-slices': 0.1, 'micro-batches': 0.5, 'no-early-results': 0.2, pipelines: { a: 0.3, b: 0.2 } },
  }
  const amounts = Float64Array.of(0, 0, 50, 50, 0)
  const [, , PREMIUM, STANDARD] = TRACKS.keys()

  it('spares nothing as long as nothing is done without', () => {
    const thrift = new Thrift(spares, 64)
    expect([thrift.workOf(amounts), thrift.taken, thrift.heldMs(STANDARD, 100)]).toEqual([1, 1, 0])
    expect(thrift.sliceReadings).toBe(NO_ECONOMY.sliceReadings)
  })

  it('spares what its rungs are said to spare', () => {
    const thrift = new Thrift(spares, 64)
    thrift.pause(['a', 'b'])
    expect(thrift.workOf(amounts)).toBeCloseTo(0.5)
    thrift.economise({ ...NO_ECONOMY, sliceReadings: 510, hasEarlyResults: false, bulkKeep: 4 })
    expect(thrift.workOf(amounts)).toBeCloseTo(0.5 * 0.9 * 0.8)
    expect([thrift.taken, thrift.sliceReadings]).toEqual([0.25, 510])
    thrift.pause([])
    thrift.economise(NO_ECONOMY)
    expect(thrift.workOf(amounts)).toBe(1)
  })

  it('holds readings of the tiers back until a batch is full, or for as long as it may', () => {
    const thrift = new Thrift(spares, 64)
    thrift.economise({ ...NO_ECONOMY, batch: { readings: 100, delayMs: 500, tiers: [2] } })
    expect(thrift.workOf(amounts)).toBeCloseTo(0.75)
    expect(thrift.workOf(new Float64Array(5))).toBe(1)
    expect(thrift.heldMs(STANDARD, 1000)).toBe(500)
    expect(thrift.heldMs(STANDARD, 64_000)).toBe(100)
    expect([thrift.heldMs(STANDARD, 0), thrift.heldMs(PREMIUM, 1000)]).toEqual([0, 0])
  })
})
