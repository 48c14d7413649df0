/** A scenario under many seeds, each with chances, times and faults of its own. */
import { reportOf, type Report } from '../result/report.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import { simulate } from './simulation.ts'

export interface SwarmOptions {
  readonly first: number
  readonly seeds: number
  readonly forecasts?: boolean | undefined
  /** After each seed. */
  readonly ran?: (report: Report, done: number) => void
}

export interface Swarm {
  readonly scenario: string
  readonly seeds: number
  /** Reports of those under which an objective was missed. */
  readonly failed: readonly Report[]
}

export async function swarm(
  scenario: LoadedScenario,
  { first, seeds, forecasts, ran }: SwarmOptions,
): Promise<Swarm> {
  const failed: Report[] = []
  for (let done = 0; done < seeds; done++) {
    const report = reportOf(await simulate(scenario, { seed: first + done, timeline: false, forecasts }))
    if (!report.held) failed.push(report)
    ran?.(report, done + 1)
  }
  return { scenario: scenario.name, seeds, failed }
}
