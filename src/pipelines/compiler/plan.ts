import { type PipelineDefinition, type StageNode } from '../definition/definition.ts'
import type { KeySpec } from '../definition/key-spec.ts'
import { type Place, StageGraph } from './graph.ts'
import { ruleText } from '../rules/rule-text.ts'
import { durationText, keyText, patternText, windowText } from './spec-texts.ts'

/** What will run where; plain data, for people and for /v1 alike. */
export interface PipelinePlan {
  readonly name: string
  readonly version: number
  readonly metrics: readonly string[] | 'all'
  readonly latenessMs: number
  readonly stateBytes: number
  readonly stages: readonly PlannedStage[]
}

export interface PlannedStage {
  readonly id: string
  readonly kind: StageNode['kind']
  readonly inputs: readonly string[]
  readonly place: Place
  /** Whose items it sees: those of a shard, or groups of all shards put together. */
  readonly scope: 'shard' | 'combined'
  readonly key?: { readonly by: string; readonly scope: 'shard' | 'combined' }
  /** What is kept in shared memory for it; absent = nothing. */
  readonly state?: string
  /** What it does, in a few words. */
  readonly detail?: string
}

export function planOf(definition: PipelineDefinition, graph = new StageGraph(definition)): PipelinePlan {
  const { name, version, metrics, state, time } = definition
  return {
    ...{ name, version, metrics: metrics ?? 'all', latenessMs: time.latenessMs, stateBytes: state.bytes },
    stages: graph.nodes.map((node) => planned(node, graph)),
  }
}

function planned(node: StageNode, graph: StageGraph): PlannedStage {
  const { id, kind, inputs } = node
  const before = inputs.some((input) => graph.isCombined(input)) ? 'combined' : 'shard'
  const state = stateOf(node)
  const detail = detailOf(node)
  return {
    ...{ id, kind, inputs, place: graph.place(id), scope: before },
    ...('key' in node
      ? { key: { by: keyText(node.key), scope: graph.isCombined(id) ? 'combined' : 'shard' } }
      : {}),
    ...(state === undefined ? {} : { state }),
    ...(detail === undefined ? {} : { detail }),
  }
}

const per = (key: KeySpec): string => (key.by === 'all' ? 'one group' : `per ${keyText(key)}`)

function stateOf(node: StageNode): string | undefined {
  switch (node.kind) {
    case 'window':
      return `${Object.keys(node.aggregates).length} aggregates ${per(node.key)}, ${slicesText(node)}`
    case 'deduplicate':
      return `the keys of the last ${durationText(node.withinMs)}`
    case 'throttle':
      return `a counter ${per(node.key)}`
    case 'interval-join':
      return `items of ${durationText(node.untilMs - node.afterMs)}, ${per(node.key)}`
    case 'custom':
      return `its own ${per(node.key)}`
    case 'pattern':
      return `up to ${node.partials.most} partial matches ${per(node.key)}${node.withinMs === undefined ? '' : ` of ${durationText(node.withinMs)}`}`
    case 'peers':
      return 'devices that are away from their peers'
    case 'alert':
      return 'open alerts'
    case 'rules':
      return 'open alerts, and what rules remember of series'
    default:
      return undefined
  }
}

function slicesText({ window, allowedLatenessMs }: Extract<StageNode, { kind: 'window' }>): string {
  if (window.type === 'tumbling')
    return `${1 + Math.ceil(allowedLatenessMs / window.sizeMs)} slices and those within the lateness`
  if (window.type === 'sliding') {
    const slices = Math.ceil((window.sizeMs + allowedLatenessMs) / window.everyMs)
    return `${slices} slices and those within the lateness`
  }
  if (window.type === 'session') return 'one for each open session'
  return window.type === 'count' ? `the last ${window.count} items` : 'one'
}

function detailOf(node: StageNode): string | undefined {
  switch (node.kind) {
    case 'derive':
      return node.field
    case 'window':
      return `${windowText(node.window)}: ${Object.keys(node.aggregates).join(', ')}`
    case 'peers':
      return `${node.side === 'both' ? '' : `${node.side}, `}${node.atLeast} deviations or more from at least ${node.minMembers}`
    case 'pattern':
      return patternText(node)
    case 'lookup':
      return `${node.as} from ${node.table.from === 'file' ? node.table.file : 'the registry'}`
    case 'enrich':
      return `${node.as}, ${node.concurrency} at a time`
    case 'alert':
      return `${node.rule} (${node.severity})`
    case 'rules':
      return node.rules.map(ruleText).join('; ')
    case 'to-series':
      return node.metric
    case 'emit':
      return node.topic
    case 'sink':
      return node.sink.type
    case 'sample':
      return `${node.share * 100} %`
    default:
      return undefined
  }
}
