import type { Reading } from '../builder/reading.ts'
import { type PipelineDefinition, SOURCE, type StageNode } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import { openKey } from '../keys/open-key.ts'
import { DeviceMatch } from '../rules/device-match.ts'
import type { Envelope } from '../runtime/operator.ts'
import { checkDefinition } from './check.ts'
import type { CompiledPipeline, Consumer, FusedOutput } from './compiled-pipeline.ts'
import { CompiledPattern } from './compiled-pattern.ts'
import { WindowPlan } from './compiled-window.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type FusedSource, FusedWriter } from './fused-source.ts'
import { StageGraph } from './graph.ts'
import { planOf } from './plan.ts'
import { readingItem } from './reading-item.ts'
import { ReadingNames } from './reading-names.ts'
import { ReadingOrigins } from './reading-origins.ts'
import { segmentsOf } from './segments.ts'
import { hashedNumberOf, numberOf } from './window-columns.ts'

/** Checks a definition and makes it ready to run in this thread; throws `pipeline-failed` with all that is wrong. */
export function compilePipeline(given: PipelineDefinition, lookup: Lookup): CompiledPipeline {
  checkDefinition(given)
  const definition = { ...given, nodes: given.nodes.map((node) => withDevices(node, lookup)) }
  const graph = new StageGraph(definition)
  const keys = new Map(
    graph.nodes.flatMap((node) => ('key' in node ? [[node.id, openKey(node.key, lookup)]] : [])),
  )
  const windows = windowsOf(graph, keys, lookup)
  const names = new ReadingNames(lookup)
  const patterns = patternsOf(graph, keys, names, lookup)
  return {
    definition,
    plan: planOf(definition, graph),
    fingerprint: fingerprintOf(definition),
    stages: graph.nodes.filter(({ id }) => graph.place(id) !== 'fused' && graph.place(id) !== 'rules'),
    consumers: consumersOf(graph),
    windows,
    patterns,
    keys,
    run: fusedRun(definition, graph, { windows, patterns }, names, lookup),
    envelopeAt: (block, row, node) => envelopeAt(block, row, graph.pathTo(node) ?? [], names),
  }
}

/** What a filter asks of devices is asked of the registry that this thread sees. */
function withDevices(node: StageNode, lookup: Lookup): StageNode {
  if (node.kind !== 'filter' || node.devices === undefined) return node
  const match = new DeviceMatch(node.devices, lookup)
  const test = (r: Reading): boolean => match.isOf(r.deviceId, r.region, r.tier)
  return { ...node, test }
}

function windowsOf(
  graph: StageGraph,
  keys: ReadonlyMap<string, KeyEncoder>,
  lookup: Lookup,
): ReadonlyMap<string, WindowPlan> {
  const windows = new Map<string, WindowPlan>()
  for (const node of graph.nodes) {
    const key = keys.get(node.id)
    if (node.kind === 'window' && key !== undefined)
      windows.set(node.id, new WindowPlan(node, graph, key, lookup))
  }
  return windows
}

function patternsOf(
  graph: StageGraph,
  keys: ReadonlyMap<string, KeyEncoder>,
  names: ReadingNames,
  lookup: Lookup,
): ReadonlyMap<string, CompiledPattern> {
  const patterns = new Map<string, CompiledPattern>()
  for (const node of graph.nodes) {
    const key = keys.get(node.id)
    if (node.kind === 'pattern' && key !== undefined)
      patterns.set(node.id, new CompiledPattern(node, graph, key, names, lookup))
  }
  return patterns
}

function consumersOf(graph: StageGraph): ReadonlyMap<string, readonly Consumer[]> {
  const ids = [SOURCE, ...graph.nodes.map(({ id }) => id)]
  return new Map(ids.map((id) => [id, unique(graph.behind(id)).flatMap((node) => edges(node, id, graph))]))
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)]

function edges(node: StageNode, from: string, graph: StageGraph): Consumer[] {
  const isAside = node.kind === 'late' || node.kind === 'timed-out' || node.kind === 'rules'
  if (isAside || graph.place(node.id) === 'fused') return []
  if ((node.kind === 'window' || node.kind === 'pattern') && graph.place(from) === 'fused') return []
  return node.inputs.flatMap((input, index) => (input === from ? [{ node: node.id, input: index }] : []))
}

/** Names that the generated text uses, in the order in which they are handed in. */
type Run = (block: ReadingBlock, output: FusedOutput) => void

interface Timed {
  readonly windows: ReadonlyMap<string, WindowPlan>
  readonly patterns: ReadonlyMap<string, CompiledPattern>
}

function fusedRun(
  definition: PipelineDefinition,
  graph: StageGraph,
  { windows, patterns }: Timed,
  names: ReadingNames,
  lookup: Lookup,
): Run {
  const source = new FusedWriter(windows, patterns, definition.metrics !== undefined).write(segmentsOf(graph))
  const metricIds = new Int32Array(source.metrics.length).fill(-1)
  const allowed = new Uint8Array(definition.metrics === undefined ? 0 : 65_536)
  const run = load(source, {
    ...{ names, allowed, metricIds, numberOf, hashedNumberOf, rowLimit: BLOCK_ROWS },
    origins: new ReadingOrigins(),
    windowRows: Object.fromEntries([...windows].map(([id, { rows }]) => [id, rows])),
    patternRows: Object.fromEntries([...patterns].map(([id, { rows }]) => [id, rows])),
    keys: Object.fromEntries([...windows, ...patterns].map(([id, { key }]) => [id, key])),
  })
  const unknown = new Set([...(definition.metrics ?? []), ...source.metrics])
  return (block, output) => {
    if (unknown.size > 0)
      learnMetrics(unknown, lookup, source.metrics, metricIds, definition.metrics, allowed)
    run(block, output)
  }
}

/** Metrics that nobody had named before; a reading of one can only come once it is. */
function learnMetrics(
  unknown: Set<string>,
  lookup: Lookup,
  restricted: readonly string[],
  metricIds: Int32Array,
  shown: readonly string[] | undefined,
  allowed: Uint8Array,
): void {
  for (const name of unknown) {
    const id = lookup.metricId(name)
    if (id === undefined) continue
    unknown.delete(name)
    if (shown?.includes(name)) allowed[id] = 1
    if (restricted.includes(name)) metricIds[restricted.indexOf(name)] = id
  }
}

function load(source: FusedSource, bound: Readonly<Record<string, unknown>>): Run {
  const functions = Object.fromEntries(
    source.functions.map((userFunction, index) => [`f${index}`, userFunction]),
  )
  const all = { ...bound, ...functions, nodes: source.nodes }
  // the text is ours: of the author's there are only names, as string literals
  // oxlint-disable-next-line typescript/no-implied-eval, typescript/no-unsafe-call
  return new Function(...Object.keys(all), source.text)(...Object.values(all)) as Run
}

/** A reading as an item, with what the fused `derive`s on the path make of it. */
function envelopeAt(
  block: ReadingBlock,
  row: number,
  path: readonly StageNode[],
  names: ReadingNames,
): Envelope {
  const origins = new ReadingOrigins()
  const origin = origins.of(block, row)
  const { value, lat, lon, score } = block
  const numbers = { ...origin, value: value[row], lat: lat[row], lon: lon[row], score: score[row] }
  let item: Record<string, unknown> = readingItem(numbers, names)
  for (const node of path) {
    if (node.kind !== 'filter' && node.kind !== 'derive') break
    if (node.kind === 'derive') item = { ...item, [node.field]: node.compute(item as never) }
  }
  return { item, origin }
}
