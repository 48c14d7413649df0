/**
 * A simulated day of ten million devices: how long it takes (processor time, of this machine), and what its scaling is
 * worth: overloaded time and capacity over demand with the forecast, beside scaling by measured need alone, which is given
 * as much headroom as costs at least the same. The check is 0 when nothing was lost or refused.
 */
import { join } from 'node:path'
import { reportOf } from '../src/simulation/result/report.ts'
import { simulate, type RunOptions } from '../src/simulation/run/simulation.ts'
import { loadScenario, type LoadedScenario } from '../src/simulation/scenario/scenario-file.ts'
import { type BenchResult, benchCase, benchResult } from './bench.ts'

export interface Size {
  readonly hours: number
  readonly historyDays: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { hours: 0.1, historyDays: 1 },
  full: { hours: 24, historyDays: 14 },
}

const SCENARIOS = join(import.meta.dirname, '../examples/scenarios')
const HOUR_MS = 3_600_000
/** Headroom of the reactive one, smallest first: the first that costs as much as the predictive is compared. */
const UTILISATIONS = [0.75, 0.72, 0.7, 0.68, 0.66]
const PREDICTIVE_UTILISATION = 0.8

export async function run({ hours, historyDays }: Size): Promise<BenchResult> {
  const sized = (file: string): LoadedScenario => ({
    ...loadScenario(join(SCENARIOS, file)),
    ...{ duration: hours * HOUR_MS, history: historyDays * 24 * HOUR_MS },
  })
  const day = await timed(sized('steady-day.yaml'), {})
  const { steep, reactive } = await compared(sized('steep-mornings.yaml'))
  const target = (value: number) => ({ name: 'target: at most', value })
  return benchResult([
    benchCase('a simulated day, 10 M devices', 's of CPU', day.seconds, target(10), day.faults),
    benchCase('waste beyond the headroom', '%', 100 * day.waste, target(5), day.faults),
    benchCase('overloaded, predictive and reactive', '%', 100 * steep.overloaded, target(0.5), steep.faults),
    benchCase(
      'capacity over demand, predictive and reactive',
      '×',
      steep.capacity,
      target(1.4),
      steep.faults,
    ),
    benchCase(
      ...(['the same, reactive alone', '%', 100 * reactive.overloaded] as const),
      ...([{ name: 'its capacity over demand', value: reactive.capacity }, reactive.faults] as const),
    ),
  ])
}

async function compared(scenario: LoadedScenario) {
  const steep = await timed(withUtilisation(scenario, PREDICTIVE_UTILISATION), {})
  let reactive = steep
  for (const utilisation of UTILISATIONS) {
    reactive = await timed(withUtilisation(scenario, utilisation), { forecasts: false })
    if (reactive.capacity >= steep.capacity) break
  }
  return { steep, reactive }
}

const withUtilisation = (scenario: LoadedScenario, targetUtilisation: number): LoadedScenario => ({
  ...scenario,
  pools: scenario.pools.map((pool) => ({ ...pool, policy: { ...pool.policy, targetUtilisation } })),
})

async function timed(scenario: LoadedScenario, options: RunOptions) {
  const before = process.cpuUsage()
  const outcome = await simulate(scenario, { ...options, timeline: false })
  const { user, system } = process.cpuUsage(before)
  const [{ waste, overloaded, capacity, lost, refused }] = reportOf(outcome).pools
  return { seconds: (user + system) / 1e6, waste, overloaded, capacity, faults: lost + refused }
}
