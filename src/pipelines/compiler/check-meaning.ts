import { EVERY_ITEM } from '../definition/aggregate-spec.ts'
import {
  type PatternNode,
  type PipelineDefinition,
  SOURCE,
  type StageNode,
  type WindowNode,
} from '../definition/definition.ts'
import { isOfDevice, partName, partsOf } from '../keys/key-parts.ts'
import { MATCH_FIELDS } from './check-pattern.ts'
import { MEMBERS } from '../peers/peer-stages.ts'
import { RESULT_FIELDS } from './check-window.ts'
import type { Fault } from './fault.ts'
import { StageGraph } from './graph.ts'
import { READING_FIELDS } from './row-shape.ts'
import { keyText } from './spec-texts.ts'
import { inputsOf } from './window-columns.ts'

/** Kinds that need state, or a worker, and so can't be on the I/O side. */
const IN_WORKERS: ReadonlySet<string> = new Set([
  ...['window', 'deduplicate', 'throttle', 'custom', 'interval-join', 'lookup', 'pattern', 'peers'],
])

/** What stages mean to each other; the definition is sound in itself. */
export function checkMeaning(definition: PipelineDefinition): readonly Fault[] {
  const graph = new StageGraph(definition)
  return definition.nodes.flatMap((node) => [
    ...behindEnrich(node, graph),
    ...(node.kind === 'late' ? checkLate(node, graph) : []),
    ...(node.kind === 'rules' && node.inputs[0] !== SOURCE ? [behindOthers(node)] : []),
    ...(node.kind === 'peers' ? checkPeers(node, graph) : []),
    ...(node.kind === 'timed-out' ? checkTimedOut(node, graph) : []),
    ...(node.kind === 'pattern' ? checkParts(node) : []),
    ...('key' in node ? checkScope(node, graph) : []),
    ...(node.kind === 'window' ? [...checkNames(node), ...checkInputs(node, definition, graph)] : []),
    ...(node.inputs.length > 1 ? checkMixed(node, graph) : []),
  ])
}

function behindEnrich({ id, kind, inputs }: StageNode, graph: StageGraph): Fault[] {
  if (!IN_WORKERS.has(kind)) return []
  const outside = inputs.find((input) => graph.place(input) === 'outside')
  if (outside === undefined) return []
  const allowed =
    'stages without state, alerts and sinks: what enrich gives is on the I/O side, in no order, and the state is in the workers'
  return [{ path: `${id}.inputs`, value: `${kind} behind "${outside}"`, allowed }]
}

const behindOthers = ({ id, inputs }: StageNode): Fault => ({
  ...{ path: `${id}.inputs`, value: `rules behind "${inputs[0]}"` },
  allowed: `"${SOURCE}": rules look at readings as they come`,
})

function checkLate({ id, window, inputs }: Extract<StageNode, { kind: 'late' }>, graph: StageGraph): Fault[] {
  const isWindow = graph.byId.get(window)?.kind === 'window' && inputs[0] === window
  return isWindow
    ? []
    : [{ path: `${id}.window`, value: `"${window}"`, allowed: 'the window that is its input' }]
}

function checkPeers({ id, inputs }: StageNode, graph: StageGraph): Fault[] {
  const before = graph.byId.get(inputs[0])
  const aggregates = before?.kind === 'window' ? Object.entries(before.aggregates) : []
  const isOfMembers =
    aggregates.length === 1 && aggregates[0][0] === MEMBERS && aggregates[0][1].type === MEMBERS
  const allowed = `a window with one aggregate, "${MEMBERS}" of that type: use peers(…)`
  return isOfMembers ? [] : [{ path: `${id}.inputs`, value: `"${inputs[0]}"`, allowed }]
}

function checkTimedOut(
  { id, pattern, inputs }: Extract<StageNode, { kind: 'timed-out' }>,
  graph: StageGraph,
): Fault[] {
  const isPattern = graph.byId.get(pattern)?.kind === 'pattern' && inputs[0] === pattern
  const allowed = 'the pattern that is its input'
  return isPattern ? [] : [{ path: `${id}.pattern`, value: `"${pattern}"`, allowed }]
}

/** A match has its steps and the key's parts side by side. */
function checkParts({ id, key, steps }: PatternNode): Fault[] {
  const parts = partsOf(key).map(partName)
  const taken = [...MATCH_FIELDS, ...takenNames(steps)]
  return parts.flatMap((name) =>
    taken.includes(name)
      ? [{ path: `${id}.${name}`, value: `"${name}"`, allowed: 'names that no part of the key has' }]
      : [],
  )
}

const takenNames = (steps: PatternNode['steps']): readonly string[] =>
  steps.flatMap((step) => (step.kind === 'take' ? step.any.map(({ name }) => name) : []))

type KeyedNode = Extract<StageNode, { readonly key: unknown }>

/** A group is of a shard, or of all of them put together: not of several apart. */
function checkScope(node: KeyedNode, graph: StageGraph): Fault[] {
  const { id, kind, key, inputs } = node
  const isCombined = inputs.some((input) => graph.isCombined(input))
  const lost = partsOf(key).some(({ from }) => from === 'device' || from === 'tenant' || from === 'attribute')
  if (isCombined && lost) {
    const allowed = 'keys that the window before has: its results are of no one device'
    return hasDevice(inputs, graph) ? [] : [{ path: `${id}.key`, value: keyText(key), allowed }]
  }
  if (isCombined || kind === 'window' || isOfDevice(key)) return []
  const allowed = `keys of one device (device, series, a list with one of them, { key, ofDevice: true }): ${kind} works within a shard`
  return [{ path: `${id}.key`, value: keyText(key), allowed }]
}

/** Whether a window by device lies between, so that items still say which. */
const hasDevice = (inputs: readonly string[], graph: StageGraph): boolean =>
  inputs.every((input) => {
    const last = [...(graph.pathTo(input) ?? [])].reverse().find(({ kind }) => kind === 'window')
    return last?.kind === 'window' && isOfDevice(last.key)
  })

function checkMixed({ id, inputs }: StageNode, graph: StageGraph): Fault[] {
  const combined = inputs.filter((input) => graph.isCombined(input))
  if (combined.length === 0 || combined.length === inputs.length) return []
  const allowed = 'streams of shards or of combined groups, not both'
  return [{ path: `${id}.inputs`, value: `"${combined.join('", "')}" is of combined groups`, allowed }]
}

/** A result has aggregates and the key's parts side by side. */
function checkNames({ id, key, aggregates }: WindowNode): Fault[] {
  const names = partsOf(key).map(partName)
  const parts = names.flatMap((name) =>
    RESULT_FIELDS.includes(name)
      ? [{ path: `${id}.key`, value: `"${name}"`, allowed: `names other than ${RESULT_FIELDS.join(', ')}` }]
      : [],
  )
  const both = names.filter((name) => Object.hasOwn(aggregates, name))
  return [
    ...parts,
    ...both.map((name) => ({
      path: `${id}.aggregates.${name}`,
      value: `"${name}"`,
      allowed: 'names that no part of the key has',
    })),
  ]
}

function checkInputs(node: WindowNode, { metrics }: PipelineDefinition, graph: StageGraph): Fault[] {
  const fields = fieldsBefore(node.inputs[0], graph)
  return Object.entries(node.aggregates).flatMap(([name, spec]) =>
    inputsOf(spec).flatMap(({ input, metric }) => {
      const path = `${node.id}.aggregates.${name}`
      const isUnknown = typeof input === 'string' && input !== EVERY_ITEM && fields?.has(input) === false
      return [
        ...(isUnknown
          ? [{ path: `${path}.input`, value: `"${input}"`, allowed: [...fields].join(', ') }]
          : []),
        ...(metric !== undefined && metrics?.includes(metric) === false
          ? [{ path: `${path}.metric`, value: `"${metric}"`, allowed: metrics.join(', ') }]
          : []),
      ]
    }),
  )
}

const UNKNOWN: ReadonlySet<string> = new Set(['map', 'peers', 'flat-map', 'custom', 'late', 'timed-out'])

/** The fields that items have behind a node; undefined where a function makes them. */
function fieldsBefore(id: string, graph: StageGraph): ReadonlySet<string> | undefined {
  const path = graph.pathTo(id)
  if (path === undefined) return undefined
  let fields: Set<string> | undefined = new Set(Object.keys(READING_FIELDS))
  for (const node of path) {
    if (UNKNOWN.has(node.kind)) fields = undefined
    else if (node.kind === 'derive') fields?.add(node.field)
    else if (node.kind === 'lookup' || node.kind === 'enrich') fields?.add(node.as)
    else if (node.kind === 'pattern')
      fields = new Set([...takenNames(node.steps), ...partsOf(node.key).map(partName), ...MATCH_FIELDS])
    else if (node.kind === 'window')
      fields = new Set([
        ...Object.keys(node.aggregates),
        ...partsOf(node.key).map(partName),
        ...RESULT_FIELDS,
      ])
  }
  return fields
}
