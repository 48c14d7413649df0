import type { WindowNode } from '../definition/definition.ts'
import type { Lookup, Origin } from '../definition/outside.ts'
import { BLOCK_ROWS } from '../definition/reading-block.ts'
import { TIERS } from '../../core/tiers.ts'
import { base36 } from '../keys/base36.ts'
import { deviceText, type KeyEncoder } from '../keys/key-encoder.ts'
import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { CompiledWindow, InputColumn } from './compiled-pipeline.ts'
import type { StageGraph } from './graph.ts'
import { type KeyedResult, ResultEnvelope, type ResultForms } from './result-envelope.ts'
import { type ResultItem, resultItem } from './result-item.ts'
import { type ColumnSource, columnsOf, hashedNumberOf, isEveryItem, numberOf } from './window-columns.ts'

type Key = { readonly low: number; readonly high: number; readonly text: string | undefined }
type Times = {
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly early: boolean
}

/** A window's ends: how rows get in and what a result looks like. */
export class WindowPlan implements CompiledWindow {
  readonly node: WindowNode
  readonly isFused: boolean
  readonly isCombined: boolean
  readonly key: KeyEncoder
  readonly late: readonly string[]
  readonly columns: readonly ColumnSource[]
  readonly inputs: Readonly<Record<string, readonly number[]>>
  readonly rows: KeyedRows
  readonly #metricId: (name: string) => number | undefined
  readonly #hasNames: boolean
  readonly #item: ResultItem
  /** Without the parts of the key. */
  readonly #brief: ResultItem
  #forms: ResultForms | undefined
  #bounds = { start: NaN, end: NaN, text: '' }

  constructor(node: WindowNode, graph: StageGraph, key: KeyEncoder, lookup: Lookup) {
    const [input] = node.inputs
    const isOriginal = (field: string): boolean =>
      graph.isOfReadings(input) &&
      !graph.pathTo(input)?.some((before) => before.kind === 'derive' && before.field === field)
    const { columns, inputs } = columnsOf(node.aggregates, isOriginal)
    this.node = node
    this.key = key
    this.isFused = graph.place(input) === 'fused'
    this.isCombined = graph.isCombined(node.id)
    this.late = graph.behind(node.id).flatMap(({ kind, id }) => (kind === 'late' ? [id] : []))
    this.columns = columns
    this.inputs = inputs
    this.rows = emptyRows(columns.length)
    this.#metricId = (name) => lookup.metricId(name)
    this.#hasNames = Object.values(node.aggregates).some(({ type }) => GIVE_NAMES.has(type))
    this.#item = resultItem(Object.keys(node.aggregates), key.parts)
    this.#brief = resultItem(Object.keys(node.aggregates), [])
  }

  take({ item, origin }: Envelope): boolean {
    const { rows } = this
    const { count } = rows
    if (count === BLOCK_ROWS) return false
    this.key.encode(item, origin)
    rows.keyLow[count] = this.key.low
    rows.keyHigh[count] = this.key.high
    rows.keyText[count] = this.key.text
    rows.time[count] = origin.time
    rows.row[count] = -1
    for (const [index, column] of this.columns.entries())
      rows.inputs[index][count] = this.#isOf(column, origin.metric) ? inputOf(column, item, origin) : NaN
    rows.count = count + 1
    return true
  }

  result({ low, high, text }: Key, times: Times, values: readonly unknown[], lookup: Lookup): Envelope {
    this.#forms ??= this.#formsFor(lookup)
    const { start, end, revision, early } = times
    return new ResultEnvelope(this.#forms, { low, high, text, start, end, revision, early, values })
  }

  #formsFor(lookup: Lookup): ResultForms {
    const { key, node } = this
    const names = [...Object.keys(node.aggregates), ...BOUNDS]
    const shown = (values: readonly unknown[]): readonly unknown[] =>
      this.#hasNames ? this.#named(values, lookup) : values
    return {
      item: ({ low, high, text, values, start, end, revision, early }) =>
        this.#item(shown(values), start, end, revision, early, key.describe(low, high, text, lookup)),
      brief: ({ values, start, end, revision, early }) =>
        this.#brief(shown(values), start, end, revision, early, {}),
      origin: (result) => this.#originOf(result, lookup),
      lacks: key.parts.some((part) => names.includes(part)) ? undefined : key.parts,
    }
  }

  #originOf({ low, high, text, start, end, revision, early }: KeyedResult, lookup: Lookup): Origin {
    const { device, metric, region, tier } = this.key.source(low, high, text)
    const group = { low, high, text, label: this.key.label(low, high, text, lookup) }
    const name = `${base36(high)}.${base36(low)}${text ?? ''}`
    const id = `${this.node.id}:${name}:${this.#boundsText(start, end)}:${revision}${early ? 'e' : ''}`
    return { device, metric, region, tier, time: end, id, group }
  }

  /** Many results one after the other are of the same window. */
  #boundsText(start: number, end: number): string {
    const known = this.#bounds
    if (known.start === start && known.end === end) return known.text
    this.#bounds = { start, end, text: `${start}-${end}` }
    return this.#bounds.text
  }

  #isOf({ metric }: ColumnSource, id: number): boolean {
    return metric === undefined || this.#metricId(metric) === id
  }

  /** What a `top`, `first` or `last` over names gives, with these in place of their numbers. */
  #named(values: readonly unknown[], lookup: Lookup): readonly unknown[] {
    return Object.entries(this.node.aggregates).map(([name, { type }], index) => {
      const { kind } = this.columns[this.inputs[name][0]]
      if (!GIVE_NAMES.has(type) || kind === 'number') return values[index]
      if (type !== 'top') return nameOf(kind, values[index] as number, lookup)
      const entries = values[index] as readonly TopEntry[] | undefined
      return entries?.map((entry) => ({ ...entry, value: nameOf(kind, entry.value, lookup) }))
    })
  }
}

const BOUNDS = ['start', 'end', 'revision', 'early']

/** Aggregates that give some of what they were over. */
const GIVE_NAMES: ReadonlySet<string> = new Set(['top', 'first', 'last'])

interface TopEntry {
  readonly value: number
}

function nameOf(kind: InputColumn['kind'], value: number, lookup: Lookup): unknown {
  if (kind === 'device') return deviceText(value, lookup)
  if (kind === 'metric') return lookup.metricName(value)
  if (kind === 'region') return lookup.regionName(value)
  return kind === 'tier' ? TIERS[value] : value
}

function inputOf(
  { input, kind, aggregate }: ColumnSource,
  item: unknown,
  origin: Envelope['origin'],
): number {
  if (isEveryItem(input)) return 1
  if (kind !== 'number' && kind !== 'hash') return origin[kind]
  const value =
    typeof input === 'function' ? input(item as never) : (item as Record<string, unknown> | null)?.[input]
  return kind === 'hash' ? hashedNumberOf(value, aggregate) : numberOf(value, aggregate)
}

const emptyRows = (columns: number): KeyedRows => ({
  count: 0,
  keyLow: new Uint32Array(BLOCK_ROWS),
  keyHigh: new Uint32Array(BLOCK_ROWS),
  keyText: new Array<string | undefined>(BLOCK_ROWS).fill(undefined),
  time: new Float64Array(BLOCK_ROWS),
  inputs: Array.from({ length: columns }, () => new Float64Array(BLOCK_ROWS)),
  row: new Int16Array(BLOCK_ROWS),
})
