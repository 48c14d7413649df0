import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { Command, InvalidArgumentError } from 'commander'
import { MillraceError } from '../core/errors.ts'
import type { Clock } from '../core/clock.ts'
import { calibrate } from '../simulation/calibration/calibrate.ts'
import { timelineChart } from '../simulation/result/timeline-chart.ts'
import { reportOf, reportText } from '../simulation/result/report.ts'
import { timelineCsv } from '../simulation/result/timeline.ts'
import { type Outcome, simulate } from '../simulation/run/simulation.ts'
import { swarm } from '../simulation/run/swarm.ts'
import { scenarioFiles } from '../simulation/scenario/scenario-files.ts'
import { loadScenario, type LoadedScenario, scenarioSchema } from '../simulation/scenario/scenario-file.ts'
import { durationMs } from '../pipelines/builder/duration.ts'
import type { Terminal } from './terminal.ts'

/** For fewer a thread isn't worth its start. */
const SEEDS_PER_THREAD = 4

interface Options {
  readonly seed?: number
  readonly seeds?: number
  readonly threads?: number
  readonly json?: boolean
  readonly timeline?: string
  readonly svg?: string
  readonly step?: number
  readonly forecast: boolean
  readonly explain?: boolean
  readonly calibrate?: string
  readonly schema?: boolean
  readonly check?: boolean
}

export interface SimulateParts {
  readonly terminal: Terminal
  readonly clock: Clock
}

/** `millrace simulate`: scenarios in virtual time, with the scaling code of the engine. */
export function simulateCommand({ terminal, clock }: SimulateParts): Command {
  return new Command('simulate')
    .description(
      'play scenarios in virtual time with the scaling of the engine; exit with 1 when an objective is missed',
    )
    .argument('[scenarios...]', 'files of scenarios, YAML or JSON, or folders of them')
    .option('--seed <n>', "instead of the scenario's own", wholeFrom(0))
    .option('--seeds <n>', 'so many seeds, each with other chances and faults', wholeFrom(1))
    .option('--threads <n>', 'seeds played at the same time (default: one per core)', wholeFrom(1))
    .option('--json', 'the result as JSON')
    .option('--timeline <file>', 'what happened when, as .csv or .json')
    .option('--step <duration>', 'length of the rows of the timeline', stepOf)
    .option('--svg <file>', 'a picture of load, forecast, capacity and latency')
    .option('--explain', 'print the decisions, each with its reason')
    .option('--no-forecast', 'leave scaling to what is measured, to compare with')
    .option('--check', 'only read the scenarios, and say what is wrong')
    .option('--schema', 'print the JSON Schema of scenarios')
    .option(
      '--calibrate <file>',
      'measure the engine on this machine for some seconds and write what scenarios go by',
    )
    .action((files: readonly string[], options: Options) => run(files, options, { terminal, clock }))
}

async function run(paths: readonly string[], options: Options, parts: SimulateParts): Promise<void> {
  const { terminal } = parts
  if (options.schema) return terminal.out(JSON.stringify(scenarioSchema(), null, 2))
  if (options.calibrate !== undefined) return measure(options.calibrate, parts)
  if (paths.length === 0) throw new MillraceError('bad-config', 'no scenario is given')
  const files = paths.flatMap(scenarioFiles)
  if (files.length > 1 && (options.timeline ?? options.svg) !== undefined)
    throw new MillraceError('bad-config', 'a timeline or a picture is of one scenario; give one')
  const scenarios = files.map(loadScenario)
  if (options.check) return files.forEach((file) => terminal.out(`${file}: all good`))
  let isHeld = true
  for (const [index, scenario] of scenarios.entries()) {
    const held =
      options.seeds === undefined
        ? one(scenario, options, parts)
        : many(files[index], scenario, options, parts)
    isHeld = (await held) && isHeld
  }
  if (!isHeld) throw new MillraceError('objective-missed', 'not all objectives held')
}

async function one(
  scenario: LoadedScenario,
  options: Options,
  { terminal, clock }: SimulateParts,
): Promise<boolean> {
  const startMs = clock.nowMs()
  const outcome = await simulate(scenario, {
    ...{ seed: options.seed, forecasts: options.forecast, rowMs: options.step },
    timeline: options.timeline !== undefined || options.svg !== undefined,
  })
  await writeFiles(outcome, options)
  const report = reportOf(outcome)
  if (options.explain && !options.json) explain(outcome, terminal)
  if (options.json) terminal.out(JSON.stringify(report))
  else {
    terminal.out(`${reportText(outcome)}, ${tookFrom(startMs, clock)}`)
  }
  return report.held
}

async function many(
  file: string,
  scenario: LoadedScenario,
  { seed, seeds = 1, threads, json, forecast }: Options,
  { terminal, clock }: SimulateParts,
): Promise<boolean> {
  const startMs = clock.nowMs()
  const found = await swarm(scenario, {
    ...{ first: seed ?? scenario.seed, seeds, forecasts: forecast },
    threads: Math.min(threads ?? availableParallelism(), Math.ceil(seeds / SEEDS_PER_THREAD)),
  })
  if (json) terminal.out(JSON.stringify(found))
  else {
    const held = seeds - found.failed.length
    terminal.out(`${scenario.name}: ${held} of ${seeds} seeds held, ${tookFrom(startMs, clock)}`)
    for (const report of found.failed) {
      const missed = report.verdicts.filter(({ held }) => !held)
      const words = missed.map(
        ({ objective, actual, expected }) => `${objective} ${actual} (expected ${expected})`,
      )
      terminal.out(`  millrace simulate ${file} --seed ${report.seed}: ${words.join('; ')}`)
    }
  }
  return found.failed.length === 0
}

const tookFrom = (startMs: number, clock: Clock): string =>
  `after ${((clock.nowMs() - startMs) / 1000).toFixed(1)} s`

async function writeFiles(outcome: Outcome, { timeline, svg }: Options): Promise<void> {
  const { pools, scenario } = outcome
  if (timeline !== undefined)
    await writeFile(
      timeline,
      timeline.endsWith('.json')
        ? JSON.stringify(pools.map(({ name, rows }) => ({ name, rows })))
        : timelineCsv(pools),
    )
  if (svg !== undefined) await writeFile(svg, timelineChart(scenario.name, pools))
}

function explain({ pools }: Outcome, terminal: Terminal): void {
  for (const { name, decisions, steps } of pools) {
    for (const { at, reason, limits, policy } of decisions)
      terminal.out(
        `${new Date(at).toISOString()} ${name} ${policy}: ${reason}${limits.length > 0 ? ` [${limits.join(', ')}]` : ''}`,
      )
    for (const { at, from, to, rung, reason } of steps)
      terminal.out(
        `${new Date(at).toISOString()} ${name} ${to > from ? 'down to' : 'up from'} ${rung}: ${reason}`,
      )
  }
}

async function measure(file: string, { terminal, clock }: SimulateParts): Promise<void> {
  const found = await calibrate(clock)
  await writeFile(file, `${JSON.stringify(found, null, 2)}\n`)
  terminal.out(
    `${file}: ${Math.round(found.workerReadingsPerSecond).toLocaleString('en-US')} readings/s per worker`,
  )
}

const wholeFrom = (least: number) => (text: string) => {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= least && value <= 0xffff_ffff) return value
  throw new InvalidArgumentError(`give a whole number from ${least} on`)
}

function stepOf(text: string): number {
  const ms = durationMs(text)
  if (ms !== undefined && ms >= 1000) return ms
  throw new InvalidArgumentError('give a duration of at least 1s')
}
