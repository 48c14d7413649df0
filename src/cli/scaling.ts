/**
 * `millrace scaling`: asks a running engine what it decided about its capacity and why (`explain`), and what capacity was
 * there and what it was good for (`report`).
 */
import { writeFile } from 'node:fs/promises'
import { Command, InvalidArgumentError, Option } from 'commander'
import { MillraceError } from '../core/errors.ts'
import type { ScalingDecision } from '../core/scaling.ts'
import type { ScalingReport, ScalingState } from '../engine/scaling/documents.ts'
import type { DayReport } from '../scaling/report/day.ts'
import { askEngine, askText, type EngineOptions, withUrl } from './ask-engine.ts'
import type { Terminal } from './terminal.ts'

interface Options extends EngineOptions {
  readonly pool?: string
}

interface ReportOptions extends Options {
  readonly format: 'text' | 'json' | 'csv' | 'svg'
  readonly output?: string
}

interface ExplainOptions extends Options {
  readonly limit: number
}

interface Decisions {
  readonly decisions: readonly ScalingDecision[]
}

export function scalingCommand({ terminal }: { readonly terminal: Terminal }): Command {
  return new Command('scaling')
    .description("look at a running engine's capacity: what was decided and why, what it was good for")
    .addCommand(
      asking(new Command('explain').description('what pools have, and the latest decisions in words'))
        .option('--limit <count>', 'how many decisions at most', countOf, 20)
        .option('--json', 'answer in JSON')
        .action((options: ExplainOptions) => explain(options, terminal)),
    )
    .addCommand(
      asking(new Command('report').description('demand, capacity, waste and cost by day'))
        .addOption(
          new Option('--format <format>', 'as what').choices(['text', 'json', 'csv', 'svg']).default('text'),
        )
        .option('--output <file>', 'write it there')
        .action((options: ReportOptions) => report(options, terminal)),
    )
}

const asking = (command: Command): Command => withUrl(command).option('--pool <name>', 'only of this pool')

async function explain(options: ExplainOptions, terminal: Terminal): Promise<void> {
  const query = queryOf(options, { limit: String(options.limit) })
  const state = await askEngine<ScalingState>(options, '/v1/scaling')
  const { decisions } = await askEngine<Decisions>(options, `/v1/scaling/decisions?${query}`)
  if (options.json) return terminal.out(JSON.stringify({ ...state, decisions }, null, 2))
  if (!state.enabled) terminal.out('scaling is not enabled: sizes are as configured')
  for (const pool of state.pools.filter((one) => options.pool === undefined || one.pool === options.pool)) {
    const { desired, ready, min, max, unit, decision } = pool
    terminal.out(
      `${pool.pool}: ${desired} ${unit}s wanted, ${ready ?? 'none seen'} ready, ${min} to ${max} allowed`,
    )
    if (decision !== null) terminal.out(`  ${decision.reason}`)
    if (pool.problem !== '') terminal.out(`  problem: ${pool.problem}`)
    for (const { reason } of pool.scarcity ?? []) terminal.out(`  scarce: ${reason}`)
    for (const { kind, message } of pool.alerts) terminal.out(`  ${kind}: ${message}`)
  }
  const regions = demandByRegion(state)
  if (regions !== '') terminal.out(`demand: ${regions}`)
  for (const rung of state.degradation.taken) terminal.out(`degraded: ${rung}`)
  for (const decision of decisions) terminal.out(lineOf(decision))
}

/** The highest first. */
function demandByRegion({ demand }: ScalingState): string {
  const regions = new Map<string, number>()
  for (const { region, perSecond } of demand) regions.set(region, (regions.get(region) ?? 0) + perSecond)
  return [...regions]
    .filter(([, perSecond]) => perSecond > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([region, perSecond]) => `${region} ${Math.round(perSecond).toLocaleString('en')}/s`)
    .join(', ')
}

const lineOf = ({ at, pool, policy, reason, effect }: ScalingDecision): string =>
  `${new Date(at).toISOString()} ${pool} ${policy}${effect === 'failed' ? ' (failed)' : ''}: ${reason}`

async function report(options: ReportOptions, terminal: Terminal): Promise<void> {
  const format = options.format === 'text' ? 'json' : options.format
  const body = await askText(options, `/v1/scaling/report?${queryOf(options, { format })}`)
  const document = options.format === 'text' ? textOf(JSON.parse(body) as ScalingReport) : body
  if (options.output === undefined) terminal.out(document.trimEnd())
  else await write(options.output, document)
}

async function write(file: string, document: string): Promise<void> {
  try {
    await writeFile(file, document)
  } catch (error) {
    throw new MillraceError('storage-failed', `--output: ${(error as Error).message}`, { file }, error)
  }
}

function textOf({ pool, days }: ScalingReport): string {
  const head = ['day', 'mean/s', 'peak/s', 'units', 'used', 'waste', 'overload s', 'cost', 'forecast off']
  const rows = [head, ...days.map(cellsOf)]
  const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column].length)))
  const lines = rows.map((row) => row.map((cell, column) => cell.padStart(widths[column])).join('  '))
  return [`pool ${pool}`, ...lines].join('\n')
}

const cellsOf = (day: DayReport): string[] => [
  day.day,
  day.meanDemand.toFixed(0),
  day.peakDemand.toFixed(0),
  day.meanUnits.toFixed(2),
  percent(day.utilisation),
  percent(day.waste),
  day.overloadedSeconds.toFixed(0),
  `${day.cost.toFixed(2)}${day.currency === '' ? '' : ` ${day.currency}`}`,
  day.forecastError === null ? '-' : percent(day.forecastError),
]

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`

const queryOf = ({ pool }: Options, more: Readonly<Record<string, string>>): string =>
  new URLSearchParams({ ...more, ...(pool === undefined ? {} : { pool }) }).toString()

function countOf(text: string): number {
  if (/^[1-9][0-9]{0,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('not a whole number from 1 to 9999.')
}
