import { availableParallelism } from 'node:os'
import type { Writable } from 'node:stream'
import { Command } from 'commander'
import type { Clock } from '../core/clock.ts'
import type { Disk } from '../core/disk.ts'
import { MillraceError } from '../core/errors.ts'
import { loadConfigFile } from '../engine/config/file.ts'
import type { Input } from '../history/input/chunk.ts'
import { anomalyOrderOf } from '../history/anomalies/anomaly-order.ts'
import { IncidentFinder } from '../history/anomalies/incident-finder.ts'
import { openInput } from '../history/input/open-input.ts'
import { openOutput } from '../history/output/output.ts'
import { observed } from '../history/outputs-of.ts'
import { HistoryRun, type RunSummary } from '../history/run/history-run.ts'
import type { RunFault, ThreadOrder } from '../history/run/messages.ts'
import { startThread } from '../history/run/run-thread.ts'
import { fieldNames, PLAIN_FIELDS } from '../history/scan/columns.ts'
import { compileKernels } from '../kernels/kernels.ts'
import type { PipelineDefinition } from '../pipelines/definition/definition.ts'
import { loadDefinition } from '../pipelines/load-definition.ts'
import { kernelRoom } from '../storage/journal/checksum.ts'
import { pipelineUrl } from './pipeline-url.ts'
import { ProgressBar, short } from './progress-bar.ts'
import * as options from './run-options.ts'
import type { RunOptions } from './run-options.ts'
import type { Terminal } from './terminal.ts'

export interface RunCommandParts {
  readonly terminal: Terminal
  readonly disk: Disk
  readonly clock: Clock
  readonly stdin: AsyncIterable<Uint8Array>
  readonly stdout: Writable
  /** Draws on the terminal without a line's end; undefined = there is none. */
  readonly draw: ((text: string) => void) | undefined
  /** Module that opens pipelines in the threads. */
  readonly runtime: string
}

/** Readings this far ahead of now are faults: one of them would make all others late. */
const AHEAD_MS = 60_000

/** `millrace run`: a pipeline over recorded readings; as `millrace rules test` the same of a file of rules. */
export function runCommand(parts: RunCommandParts, name: 'run' | 'test' = 'run'): Command {
  const isRun = name === 'run'
  return new Command(name)
    .description(
      `run a ${isRun ? 'pipeline' : 'file of rules'} over recorded readings, as fast as the machine can`,
    )
    .argument(
      '<pipeline>',
      isRun ? 'module with the pipeline as its default export, or a file of rules' : 'a file of rules',
    )
    .requiredOption(
      '-i, --input <paths...>',
      'files, data directories, or - for standard input; one after the other',
    )
    .option('--format <format>', 'ndjson, csv, frames or journal (default: by the ending)', options.formatOf)
    .option('--map <fields>', 'names of members or columns: time=ts,value=reading,metric="temperature"')
    .option('-o, --output <path>', 'results as .ndjson or .csv, or - for standard output', '-')
    .option('--output-format <format>', 'ndjson or csv (default: by the ending)', options.outputFormatOf)
    .option('--topic <name>', 'only the results of this emit, sink or last stage')
    .option('--threads <n>', 'threads (default: one per core)', options.threadsOf)
    .option('--devices <file>', 'what is known of devices, as POST /v1/devices takes it')
    .option('--metrics <file>', 'metrics of binary inputs, as GET /v1/metrics-dictionary answers')
    .option('--tier <tier>', 'tier of devices of which nothing is said', options.tierOf, 'standard')
    .option('--from <time>', 'first event time', options.timeOf)
    .option('--to <time>', 'event time behind the last one', options.timeOf)
    .option(
      '--lateness <duration>',
      "instead of the pipeline's own: how far readings may be out of order",
      options.latenessOf,
    )
    .option(
      '--config <file>',
      "an engine's configuration: its anomalies, metrics and incidents count, and incidents are results",
    )
    .option('--json', 'the summary as JSON')
    .action((pipeline: string, given: RunOptions) => run(pipeline, given, parts))
}

async function run(pipeline: string, given: RunOptions, parts: RunCommandParts): Promise<void> {
  const { terminal, clock } = parts
  const say = (text: string): void => terminal.err(`millrace: ${text}`)
  const startedMs = clock.nowMs()
  const url = await pipelineUrl(pipeline)
  const definition = await loadDefinition(url)
  refuseEnrich(definition)
  checkTopic(definition, given.topic)
  const inputs = await openInputs(given, parts, say)
  const output = await openOutput({
    path: given.output,
    format: given.outputFormat ?? (given.output.endsWith('.csv') ? 'csv' : 'ndjson'),
    stdout: parts.stdout,
  })
  const bar = barOf(parts, inputs)
  const config = given.config === undefined ? undefined : loadConfigFile(given.config).config
  const history = new HistoryRun({
    inputs,
    order: {
      ...orderOf(given, url, definition, inputs, clock),
      anomalies: config && anomalyOrderOf(config),
    },
    incidents: config && new IncidentFinder(config),
    start: (order, events) => startThread(order, parts.runtime, events),
    write: (lines) => output.write(lines),
    onFault: (fault) => say(faultText(fault)),
    onDeadLetter: (letter) => say(`given up at ${letter}`),
    onProgress: (progress) => bar?.show(progress),
  })
  const summary = await history.run().finally(() => bar?.clear())
  await output.close()
  const seconds = (clock.nowMs() - startedMs) / 1000
  // the results may be what is on standard output
  const tell = given.output === '-' ? terminal.err : terminal.out
  tell(given.json === true ? JSON.stringify({ ...summary, seconds }) : summaryText(summary, seconds))
  if (summary.readings === 0 && summary.faults > 0)
    throw new MillraceError('bad-request', `nothing in ${given.input.join(', ')} was understood`)
}

function orderOf(
  given: RunOptions,
  url: string,
  { metrics }: PipelineDefinition,
  inputs: readonly Input[],
  clock: Clock,
): Omit<ThreadOrder, 'share' | 'shared'> {
  const { from = -Infinity, to = Infinity } = given
  if (!(from < to)) throw new MillraceError('bad-config', '--from must be before --to')
  return {
    shares: given.threads ?? availableParallelism(),
    url,
    formats: inputs.map(({ format }) => format),
    fields: given.map === undefined ? PLAIN_FIELDS : fieldNames(given.map),
    devices: given.devices === undefined ? [] : options.readDevices(given.devices),
    dictionary: given.metrics === undefined ? [] : options.readDictionary(given.metrics),
    metrics: [...new Set(metrics)],
    defaultTier: given.tier,
    untilMs: clock.epochMs() + AHEAD_MS,
    fromMs: from,
    toMs: to,
    latenessMs: given.lateness,
    topic: given.topic,
  }
}

async function openInputs(
  { input, format }: RunOptions,
  { disk, stdin }: RunCommandParts,
  say: (text: string) => void,
): Promise<Input[]> {
  const room = async () => kernelRoom(await compileKernels())
  const inputs: Input[] = []
  for (const path of input) inputs.push(await openInput(path, format, { disk, room, stdin, say }))
  return inputs
}

/** What is fetched while history runs would be of today, and hold the run back; so it is no use to pretend. */
function refuseEnrich({ name, nodes }: PipelineDefinition): void {
  const node = nodes.find(({ kind }) => kind === 'enrich')
  if (node === undefined) return
  throw new MillraceError(
    'bad-config',
    `${name}: ${node.id} (enrich) asks the world outside, which millrace run does not; allowed: all other stages`,
    { node: node.id },
  )
}

function checkTopic(definition: PipelineDefinition, topic: string | undefined): void {
  const topics = [...new Set(observed(definition).topics.values())]
  if (topic === undefined || topics.includes(topic)) return
  throw new MillraceError(
    'bad-config',
    `--topic: ${definition.name} has ${topics.join(', ') || 'none'}, not ${topic}`,
  )
}

function barOf({ clock, draw }: RunCommandParts, inputs: readonly Input[]): ProgressBar | undefined {
  if (draw === undefined) return undefined
  const isKnown = inputs.every(({ bytes }) => bytes > 0)
  const totalBytes = isKnown ? inputs.reduce((sum, { bytes }) => sum + bytes, 0) : 0
  return new ProgressBar({ nowMs: () => clock.nowMs(), totalBytes, draw })
}

const faultText = ({ input, unit, number, message }: RunFault): string =>
  `${input}: ${unit} ${number}: ${message}`

function summaryText(summary: RunSummary, seconds: number): string {
  const { readings, results, alerts, derived, deadLetters, late, faults, threads, incidents } = summary
  const parts = [
    `${readings} readings`,
    `${results} results`,
    `${alerts} alerts`,
    ...(derived > 0 ? [`${derived} derived readings`] : []),
    ...(deadLetters > 0 ? [`${deadLetters} given up`] : []),
    ...(incidents === undefined ? [] : [`${incidents} incidents`]),
    `${late} late`,
    `${faults} not understood`,
  ]
  const pace = `${seconds.toFixed(2)} s, ${short(readings / seconds)} readings/s by ${threads} threads`
  return `${parts.join(', ')} in ${pace}`
}
