import type { CompiledPipeline } from '../compiler/compiled-pipeline.ts'
import type { SinkNode, EmitNode, EnrichNode, StageNode, ToSeriesNode } from '../definition/definition.ts'
import type { Lookup, Outlet } from '../definition/outside.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import { AlertStage } from '../operators/alert.ts'
import { Custom } from '../operators/custom.ts'
import { Deduplicate } from '../operators/deduplicate.ts'
import { Derive } from '../operators/derive.ts'
import { Filter } from '../operators/filter.ts'
import { FlatMap } from '../operators/flat-map.ts'
import type { InputOperators } from '../operators/inputs.ts'
import { IntervalJoin } from '../operators/interval-join.ts'
import { LookupReference } from '../operators/lookup-reference.ts'
import { LookupRegistry } from '../operators/lookup-registry.ts'
import { MapItems } from '../operators/map.ts'
import { Merge } from '../operators/merge.ts'
import { Peers } from '../operators/peers.ts'
import { Sample } from '../operators/sample.ts'
import type { KeyOf } from '../operators/state-key.ts'
import { Throttle } from '../operators/throttle.ts'
import type { ReferenceRows } from '../reference/reference-rows.ts'
import type { Envelope, Operator } from './operator.ts'
import type { ResultGuard } from './result-guard.ts'

export interface StageParts {
  readonly compiled: CompiledPipeline
  readonly lookup: Lookup
  readonly outlet: Outlet
  readonly guard: ResultGuard
  /** The rows of the reference table that the node looks up. */
  readonly references: (node: string) => ReferenceRows
}

/** The operators of a stage, one for each of its inputs; undefined for those that the runtime feeds itself. */
export function operatorsOf(node: StageNode, stage: number, parts: StageParts): InputOperators | undefined {
  switch (node.kind) {
    case 'merge':
      return new Merge(node.inputs.length)
    case 'interval-join': {
      const keyOf = keyOfStage(parts.compiled, node.id)
      return new IntervalJoin(node, { left: keyOf, right: keyOf }, stage)
    }
    case 'window':
    case 'rules':
    case 'pattern':
      return undefined
    default: {
      const operator = operatorOf(node, stage, parts)
      return { inputs: [operator], ...(operator.advance && { advance: operator.advance.bind(operator) }) }
    }
  }
}

type SingleInput = Exclude<StageNode, { kind: 'merge' | 'interval-join' | 'window' | 'pattern' | 'rules' }>

function operatorOf(node: SingleInput, stage: number, parts: StageParts): Operator {
  const { compiled, lookup, outlet, guard } = parts
  switch (node.kind) {
    case 'filter':
      return new Filter(node)
    case 'derive':
      return new Derive(node)
    case 'map':
      return new MapItems(node)
    case 'flat-map':
      return new FlatMap(node)
    case 'sample':
      return new Sample(node)
    case 'lookup':
      return node.table.from === 'registry'
        ? new LookupRegistry(node, lookup)
        : new LookupReference(node, node.table, parts.references(node.id))
    case 'deduplicate':
      return new Deduplicate(node, keyOfStage(compiled, node.id), stage)
    case 'throttle':
      return new Throttle(node, keyOfStage(compiled, node.id), stage)
    case 'custom':
      return new Custom(node, keyOfStage(compiled, node.id), stage)
    case 'peers':
      return new Peers(node, lookup, stage)
    case 'alert':
      return new AlertStage(node, groupOf, (envelope) => labelOf(envelope, lookup), outlet, stage, guard)
    case 'to-series':
      return new SeriesOutput(node, outlet, lookup)
    case 'emit':
    case 'sink':
    case 'enrich':
      return new ItemOutput(node, outlet)
    case 'late':
    case 'timed-out':
      return PASS
  }
}

const PASS: Operator = { push: (envelope, _scope, out) => out(envelope) }

/** Hands items to the I/O side. */
class ItemOutput implements Operator {
  readonly #node: string
  readonly #outlet: Outlet

  constructor({ id }: SinkNode | EmitNode | EnrichNode, outlet: Outlet) {
    this.#node = id
    this.#outlet = outlet
  }

  push({ item, origin }: Envelope): void {
    this.#outlet.item(this.#node, item, origin)
  }
}

/** Makes readings of items. */
class SeriesOutput implements Operator {
  readonly #node: ToSeriesNode
  readonly #outlet: Outlet
  readonly #lookup: Lookup

  constructor(node: ToSeriesNode, outlet: Outlet, lookup: Lookup) {
    this.#node = node
    this.#outlet = outlet
    this.#lookup = lookup
  }

  push({ item, origin }: Envelope): void {
    const { id: node, metric, value, device } = this.#node
    this.#outlet.reading({
      node,
      device: device === undefined ? this.#deviceOf(origin) : device(item as never),
      ...{ metric, time: origin.time, value: value(item as never), id: origin.id },
    })
  }

  /** A group that is of no device is taken for one, by its name. */
  #deviceOf({ device, group }: Envelope['origin']): string | number {
    if (device !== 0) return this.#lookup.device(device)?.name ?? device
    return group?.label ?? 'all'
  }
}

function keyOfStage({ keys }: CompiledPipeline, node: string): KeyOf {
  const encoder = keys.get(node)
  if (encoder === undefined) throw new Error(`the stage ${node} has no key`)
  return (envelope) => encoded(encoder, envelope)
}

function encoded(encoder: KeyEncoder, { item, origin }: Envelope): ReturnType<KeyOf> {
  encoder.encode(item, origin)
  return { low: encoder.low, high: encoder.high }
}

/** What alerts are told apart by: the group of the window before, or the series. */
const groupOf: KeyOf = ({ origin: { group, device, metric } }) =>
  group ?? { low: ((device % 0x1_0000) * 0x1_0000 + metric) >>> 0, high: Math.floor(device / 0x1_0000) }

function labelOf({ origin: { group, device, metric } }: Envelope, lookup: Lookup): string {
  if (group !== undefined) return group.label
  return `${lookup.device(device)?.name ?? String(device)}/${lookup.metricName(metric)}`
}
