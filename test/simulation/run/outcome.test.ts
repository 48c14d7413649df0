import { describe, expect, it } from 'vitest'
import { reportOf, reportText } from '../../../src/simulation/result/report.ts'
import { timelineChart } from '../../../src/simulation/result/timeline-chart.ts'
import { timelineCsv } from '../../../src/simulation/result/timeline.ts'
import { Past } from '../../../src/simulation/run/past.ts'
import { simulate } from '../../../src/simulation/run/simulation.ts'
import { swarm } from '../../../src/simulation/run/swarm.ts'
import { loadedScenario } from '../loaded-scenario.ts'

/** One node that does 1,000 readings per second, and never another. */
const scenario = (more: string, rate = 500) =>
  loadedScenario(`
duration: 2m
fleet: [{ name: a, devices: ${rate}, every: 1s, tier: premium }]
pools: [{ serviceRate: 1k/s, workers: 1, spread: 0, start: 10s, backlog: 20k, policy: { min: 1, max: 1, cost: { perUnitHour: 6 } } }]
${more}
`)
const report = async (more: string, rate?: number) => reportOf(await simulate(scenario(more, rate)))
const only = async (expected: string, rate?: number, more = '') => {
  const { verdicts } = await report(`${more}\nexpect: { ${expected} }`, rate)
  expect(verdicts).toHaveLength(1)
  return verdicts[0]
}

describe('verdicts', () => {
  it.each([
    ['overloaded: 0%', 500, '0 %', true],
    ['overloaded: 99%', 1500, '100 %', false],
    ['scaleTime: 1s', 1500, '0 ms', true],
    ['cost: 0.2', 500, '0.2', true],
    ['cost: 0.19', 500, '0.2', false],
    ['capacity: 2.1', 500, '2.00 ×', true],
    ['capacity: 1.9', 500, '2.00 ×', false],
    ['refusing: [premium]', 500, '0 %', false],
    ['units: { reached: 2 }', 500, '1', false],
    ['units: { most: 1 }', 1500, '1', true],
    ['alerts: [at-ceiling]', 500, 'not raised', false],
    ['alerts: [at-ceiling]', 1500, 'raised', true],
    ['noAlerts: [at-ceiling]', 1500, 'raised', false],
    ['reversals: 0', 500, '0', true],
    ['lost: 0', 500, '0', true],
  ])('%s at %i readings per second: %s', async (expected, rate, actual, held) => {
    expect(await only(expected, rate)).toMatchObject({ actual, held })
  })

  it('count what is refused once, however often it is sent', async () => {
    // 20,000 have room, of which premium may fill 92 %: it refuses after 37 s, and a third of what comes then
    const { pools } = await report('', 1500)
    const refusedFor = (120 - 36.8) * 500
    expect(pools[0].refused).toBeGreaterThan(refusedFor * 0.5)
    expect(pools[0].refused).toBeLessThan(180_000)
    expect(pools[0].lost).toBe(0)
  })

  it('find what waits in a crashed node lost without a journal, and kept with one', async () => {
    const crash = 'faults: [{ crash: { at: 30s } }]'
    expect((await report(crash, 1500)).pools[0].lost).toBe(0)
    const volatile = scenario(crash, 1500)
    const pools = [{ ...volatile.pools[0], durability: 'memory' as const }]
    const lost = reportOf(await simulate({ ...volatile, pools })).pools[0].lost
    expect(lost).toBeGreaterThan(14_000)
    expect(lost).toBeLessThan(16_000)
  })

  it('are said in words', async () => {
    const text = reportText(await simulate(scenario('expect: { overloaded: 1%, lost: 0 }', 1500)))
    expect(text).toContain('MISSED  overloaded  100 %  (expected ≤ 1 %)')
    expect(text).toContain('held    lost        0  (expected ≤ 0)')
    expect(text).toContain('1 of 2 objectives missed')
  })
})

describe('timeline', () => {
  it('has a row for each step asked for, as CSV and as a picture', async () => {
    const { pools } = await simulate(scenario('faults: [{ slow: { at: 1m, for: 30s, times: 0.5 } }]'), {
      rowMs: 10_000,
    })
    const [heading, ...rows] = timelineCsv(pools).trimEnd().split('\n')
    expect(heading).toMatch(/^pool,at,demand,refused,capacity,.*p99_premium,p99_standard,p99_bulk,events$/)
    expect(rows).toHaveLength(12)
    expect(rows[0]).toMatch(/^pool,2026-03-02T00:00:00.000Z,500,0,1000,/)
    expect(rows[6]).toMatch(/^pool,2026-03-02T00:01:00.000Z,500,0,500,.*,slow$/)
    const svg = timelineChart('title', pools)
    expect(svg).toMatch(/^<svg [^]*<\/svg>\n$/)
    expect(svg).toContain('slow')
  })
})

describe('swarm', () => {
  it('names the seeds under which something was missed', async () => {
    const chancy = scenario(
      'faults: [{ down: { at: 10s, for: 20s }, chance: 50% }]\nexpect: { overloaded: 0% }',
    )
    const { seeds, failed } = await swarm(chancy, { first: 1, seeds: 12 })
    expect(seeds).toBe(12)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(12)
    const again = reportOf(await simulate(chancy, { seed: failed[0].seed }))
    expect(again).toEqual(failed[0])
    expect(await swarm(chancy, { first: 1, seeds: 12, threads: 2 })).toMatchObject({ seeds, failed })
  })

  it('gives each seed what it has alone, though the time before is learned only once', async () => {
    const seasonal = loadedScenario(`
start: 2026-03-02T05:50:00Z
duration: 20m
history: 50h
fleet:
  - { name: a, devices: 1000, every: 1s, traffic: [{ shifts: { at: { '06:00': 3, '18:00': 1 }, within: 5m } }, { noise: { share: 2% } }] }
pools: [{ serviceRate: 1k/s, workers: 1, start: [30s, 60s], policy: { min: 1, max: 8 } }]
expect: { units: { reached: 99 } }
`)
    const past = new Past(seasonal)
    const timelines = []
    for (const seed of [3, 11, 4]) {
      const [alone, together] = [await simulate(seasonal, { seed }), await simulate(seasonal, { seed, past })]
      expect(timelineCsv(together.pools)).toBe(timelineCsv(alone.pools))
      expect(reportOf(together)).toEqual(reportOf(alone))
      timelines.push(timelineCsv(alone.pools))
    }
    // the last hour before is of each seed's own, also where the history is the same
    expect(new Set(timelines).size).toBe(3)
    const { failed } = await swarm(seasonal, { first: 3, seeds: 9 })
    expect(failed).toHaveLength(9)
    expect(failed[8]).toEqual(reportOf(await simulate(seasonal, { seed: 11 })))
  })
})
