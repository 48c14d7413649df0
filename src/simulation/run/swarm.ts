/** A scenario under many seeds, each with chances, times and faults of its own. */
import { reportOf, type Report } from '../result/report.ts'
import type { LoadedScenario } from '../scenario/scenario-file.ts'
import { Past } from './past.ts'
import { simulate } from './simulation.ts'
import { playInThread, type SwarmOrder } from './swarm-thread.ts'

export interface SwarmOptions {
  readonly first: number
  readonly seeds: number
  readonly forecasts?: boolean | undefined
  /** Seeds that are played at the same time; 1 = all in this thread. */
  readonly threads?: number | undefined
  /** After each seed. */
  readonly ran?: (report: Report, done: number) => void
}

export interface Swarm {
  readonly scenario: string
  readonly seeds: number
  /** Reports of those under which an objective was missed, lowest seed first. */
  readonly failed: readonly Report[]
}

export async function swarm(
  scenario: LoadedScenario,
  { first, seeds, forecasts, threads = 1, ran }: SwarmOptions,
): Promise<Swarm> {
  const failed: Report[] = []
  let given = 0
  let done = 0
  const next = (): number | undefined => (given < seeds ? first + given++ : undefined)
  const took = (report: Report): void => {
    if (!report.held) failed.push(report)
    ran?.(report, ++done)
  }
  const order: SwarmOrder = { scenario, forecasts }
  const play = threads > 1 ? playInThread : playHere
  await Promise.all(Array.from({ length: threads }, () => play(order, next, took)))
  return { scenario: scenario.name, seeds, failed: failed.sort((a, b) => a.seed - b.seed) }
}

async function playHere(
  { scenario, forecasts }: SwarmOrder,
  next: () => number | undefined,
  took: (report: Report) => void,
): Promise<void> {
  const past = new Past(scenario)
  for (let seed = next(); seed !== undefined; seed = next())
    took(reportOf(await simulate(scenario, { seed, timeline: false, forecasts, past })))
}
