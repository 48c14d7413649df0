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
    start: all.start + 1 * HOUR,
    duration: HOUR,
    history: 3 * DAY,
  }),
  'clock-change.yaml': (all) => ({
    ...all,
    start: Date.parse('2026-03-29T03:40:00Z'),
    duration: HOUR,
    history: 3 * DAY,
  }),
  'clock-changed.yaml': (all) => ({
    ...all,
    start: Date.parse('2026-03-30T03:40:00Z'),
    duration: HOUR,
    history: 3 * DAY,
  }),
  'steady-day.yaml': (all) => ({
    ...all,
    start: all.start + 12 * HOUR,
    duration: 0.5 * HOUR,
    history: 2 * DAY,
  }),
  'slow-machines.yaml': (all) => ({
    ...all,
    start: all.start + 1.5 * HOUR,
    duration: 1.2 * HOUR,
    history: 3 * DAY,
    // of a day; this hour has most of its change
    expect: { ...all.expect, capacity: undefined },
  }),
  'known-opening.yaml': (all) => ({
    ...all,
    start: all.start + 1.5 * HOUR,
    duration: HOUR,
    history: 1 * DAY,
    events: all.events.map((event) => ({ ...event, at: { least: HOUR / 2, most: HOUR / 2 } })),
  }),
  'nightly-maintenance.yaml': (all) => ({
    ...all,
    duration: 4 * HOUR,
    history: 0,
    expect: {
      ...all.expect,
      maintenance: { backup: 'succeeded', check: 'moved' },
      maintenanceTimes: { backup: 1, check: 1 },
    },
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

/** How a scenario turns out, and how it would without something. */
const played = async (scenario: LoadedScenario, forecasts = true) =>
  reportOf(await simulate(scenario, { timeline: false, forecasts }))

describe('what is known beforehand', () => {
  it('of a calendar, brings capacity that measuring would bring too late', async () => {
    const known = load('known-opening.yaml')
    const unknown = await played({ ...known, calendarTexts: new Map() })
    expect(unknown.held).toBe(false)
    expect(unknown.pools[0].overloaded).toBeGreaterThan(0.005)
    expect((await played(known)).pools[0].overloaded).toBe(0)
    // the same as iCalendar, and in the scenario itself
    const ics = [
      'BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nSUMMARY:factory opens ×4',
      'DTSTART;TZID=Europe/Berlin:20260302T060000\nDURATION:PT1H\nX-MILLRACE-TIERS:premium',
      'END:VEVENT\nEND:VCALENDAR',
    ].join('\n')
    expect((await played({ ...known, calendarTexts: new Map([['a.ics', ics]]) })).held).toBe(true)
    const event = { name: 'opening', starts: '2026-03-02T05:00', duration: HOUR, factor: 4 }
    const everywhere = { readingsPerSecond: 0, rrule: null, timezone: 'UTC', regions: null }
    const events = [{ ...event, ...everywhere, tiers: ['premium' as const] }]
    const inline = { ...known, calendarTexts: new Map(), forecast: { calendars: [], events } }
    expect((await played(inline)).held).toBe(true)
  })

  it('of other days, keeps an objective that measuring alone misses at a higher price', async () => {
    const seasonal = load('slow-machines.yaml')
    const generous = {
      ...seasonal,
      pools: seasonal.pools.map((pool) => ({ ...pool, policy: { ...pool.policy, targetUtilisation: 0.5 } })),
    }
    const predictive = await played(seasonal)
    const reactive = await played(generous, false)
    expect(predictive.held).toBe(true)
    expect(reactive.held).toBe(false)
    expect(reactive.pools[0].overloaded).toBeGreaterThan(0.02)
    expect(reactive.pools[0].capacity).toBeGreaterThan(predictive.pools[0].capacity)
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
