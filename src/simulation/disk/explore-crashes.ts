/**
 * Crashes a scenario at every call that changes the disk: draws workloads, counts the calls of each in a run that nothing
 * happens to, then runs it again for every one of them. Everything follows from the seed; a violation names the run,
 * which `replayRun` runs alone.
 */
import { chanceOf } from '../chance.ts'
import { asError, countPoints, CrashRun, emptyTally } from './crash-run.ts'
import type { RunOptions, RunTally } from './crash-run.ts'
import type { CrashScenario, RunSeed, Violation } from './crash-scenario.ts'

export interface ExploreOptions extends Partial<RunOptions> {
  readonly seed: number
  /** At most so many runs, each with its crashes and checks. */
  readonly runs: number
  /** Workloads with more points are crashed at this many of them, drawn. */
  readonly pointsPerWorkload?: number
  /** Stops after so many violations. */
  readonly violations?: number
}

export interface Exploration extends RunTally {
  readonly scenario: string
  readonly seed: number
  runs: number
  workloads: number
  /** Crash points that the workloads had, tried or not. */
  points: number
  readonly violations: Violation[]
}

const DEFAULTS: RunOptions = { wrap: (disk) => disk, disksPerCrash: 2, moreLives: 2, kills: 0.2, torn: 0.3 }
const POINTS = 4
/** A point that no life comes to. */
const NO_CRASH = -1

export async function exploreCrashes<Account>(
  scenario: CrashScenario<Account>,
  options: ExploreOptions,
): Promise<Exploration> {
  const { seed, runs, pointsPerWorkload = 100, violations = 1 } = options
  const result: Exploration = {
    ...{ scenario: scenario.name, seed, runs: 0, workloads: 0, points: 0, violations: [] },
    ...emptyTally(),
  }
  for (let workload = 0; result.runs < runs; workload++) {
    const points = await countPoints(scenario, { seed, workload }, wrapOf(options)).catch(asError)
    if (points instanceof Error) {
      result.runs++
      const run = { seed, workload, point: NO_CRASH, points: 0 }
      result.violations.push({ scenario: scenario.name, run, story: ['nothing happened'], error: points })
      return result
    }
    if (points === 0) throw new Error(`workload ${workload} of ${scenario.name} changes nothing on the disk`)
    result.workloads++
    result.points += points
    for (const point of pointsOf(points, pointsPerWorkload, seed, workload).slice(0, runs - result.runs)) {
      result.runs++
      const run = new CrashRun(
        scenario,
        { seed, workload, point, points },
        { ...DEFAULTS, ...options },
        result,
      )
      const violation = await run.run()
      if (violation !== undefined) result.violations.push(violation)
      if (result.violations.length >= violations) return result
    }
  }
  return result
}

/** The run of a violation again, with the options it was found with. */
export function replayRun<Account>(
  scenario: CrashScenario<Account>,
  run: RunSeed,
  options: Partial<RunOptions> = {},
): Promise<Violation | undefined> {
  return new CrashRun(scenario, run, { ...DEFAULTS, ...options }, emptyTally()).run()
}

/** What a violation tells who reads a test's output. */
export function violationText({ scenario, run, story, error }: Violation): string {
  const where = `seed ${run.seed}, workload ${run.workload}, point ${run.point}`
  return [`${scenario} (${where}): ${error.message}`, ...story.map((line) => `  ${line}`), error.stack].join(
    '\n',
  )
}

export function explorationText(exploration: Exploration): string {
  const { scenario, seed, runs, workloads, points, crashes, checks, violations } = exploration
  const counts = `${runs} runs of ${workloads} workloads with ${points} crash points, ${crashes} crashes, ${checks} disks`
  return `${scenario}: seed ${seed}, ${counts}, ${violations.length} violations`
}

function wrapOf(options: ExploreOptions): RunOptions['wrap'] {
  return options.wrap ?? DEFAULTS.wrap
}

/** All points in order, or `most` of them without repeats. */
function pointsOf(points: number, most: number, seed: number, workload: number): number[] {
  const all = Array.from({ length: points }, (_, point) => point)
  if (points <= most) return all
  const random = chanceOf(POINTS, seed, workload)
  for (let i = 0; i < most; i++) {
    const other = i + Math.floor(random() * (points - i))
    ;[all[i], all[other]] = [all[other], all[i]]
  }
  return all.slice(0, most).sort((a, b) => a - b)
}
