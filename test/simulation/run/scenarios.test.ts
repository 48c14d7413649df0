import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { reportOf, reportText } from '../../../src/simulation/result/report.ts'
import { simulate } from '../../../src/simulation/run/simulation.ts'
import { type LoadedScenario, loadScenario } from '../../../src/simulation/scenario/scenario-file.ts'

const FOLDER = join(import.meta.dirname, '../../../examples/scenarios')
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** A part of those that last a day or learn from weeks: the hours about which they are. */
const SHORT: Readonly<Record<string, (scenario: LoadedScenario) => LoadedScenario>> = {
  'factory-shifts.yaml': (all) => ({
    ...all,
    start: all.start + 4.5 * HOUR,
    duration: HOUR,
    history: 3 * DAY,
  }),
  'clock-change.yaml': (all) => ({
    ...all,
    start: Date.parse('2026-03-29T03:40:00Z'),
    duration: HOUR,
    history: 3 * DAY,
  }),
  'steady-day.yaml': (all) => ({
    ...all,
    start: all.start + 12 * HOUR,
    duration: 0.5 * HOUR,
    history: 2 * DAY,
  }),
  'maintenance-failed.yaml': (all) => ({ ...all, duration: 2.5 * HOUR }),
}
/** Too long for every test run: `millrace simulate` plays them. */
const LONG = ['maintenance-at-peak.yaml', 'poisoned-forecast.yaml', 'steep-mornings.yaml']

const files = readdirSync(FOLDER).filter((file) => file.endsWith('.yaml') && !LONG.includes(file))
const load = (file: string): LoadedScenario => {
  const all = loadScenario(join(FOLDER, file))
  return SHORT[file]?.(all) ?? all
}

describe('scenarios', () => {
  it('are all read', () => {
    expect(readdirSync(FOLDER).length).toBeGreaterThan(19)
    for (const file of LONG) expect(loadScenario(join(FOLDER, file)).name).not.toBe('')
  })

  it.each(files)('turn out as they say they should: %s', async (file) => {
    const outcome = await simulate(load(file), { timeline: false })
    expect(reportOf(outcome).held, reportText(outcome)).toBe(true)
  })
})

describe('simulate', () => {
  const spike = load('spike-10x.yaml')

  it('gives the same again for the same seed, and something else for another', async () => {
    const report = async (seed: number) => JSON.stringify(reportOf(await simulate(spike, { seed })))
    const first = await report(7)
    expect(await report(7)).toBe(first)
    expect(await report(8)).not.toBe(first)
  })

  it('leaves a step out of nothing: readings are done, waiting, lost or kept by their senders', async () => {
    const { pools } = await simulate({ ...spike, duration: 10 * 60_000 })
    const [{ measures, unfinished }] = pools
    const came = measures.fresh.reduce((sum, amount) => sum + amount, 0)
    expect((measures.served + measures.lost + unfinished) / came).toBeCloseTo(1, 6)
  })
})
