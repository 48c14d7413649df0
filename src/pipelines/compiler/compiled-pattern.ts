import type { PatternNode } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { BLOCK_ROWS } from '../definition/reading-block.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import type { Items } from '../patterns/items.ts'
import { MatchFields } from '../patterns/match-fields.ts'
import type { TakenItem } from '../patterns/partials.ts'
import { type PatternPlan, patternPlan } from '../patterns/pattern-plan.ts'
import { emptyPatternRows, type PatternRows } from '../patterns/pattern-rows.ts'
import { hashText } from '../operators/hash-text.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { StageGraph } from './graph.ts'
import type { ReadingNames } from './reading-names.ts'
import { readingItem } from './reading-item.ts'

/** What has ended: a match, or a partial one whose time was up. */
export interface EndedPattern {
  readonly isMatch: boolean
  /** When that was certain. */
  readonly at: number
  readonly taken: readonly TakenItem[]
}

/** A pattern's ends: how items get in and what a match looks like. */
export class CompiledPattern {
  readonly node: PatternNode
  readonly plan: PatternPlan
  readonly key: KeyEncoder
  /** Its rows come from the fused loop; otherwise it is given items. */
  readonly isFused: boolean
  /** `timed-out` nodes: partial matches whose time is up go to their consumers. */
  readonly timedOut: readonly string[]
  readonly rows: PatternRows
  readonly #derived: readonly string[]
  readonly #names: ReadingNames
  readonly #lookup: Lookup

  constructor(node: PatternNode, graph: StageGraph, key: KeyEncoder, names: ReadingNames, lookup: Lookup) {
    const [input] = node.inputs
    const path = graph.pathTo(input) ?? []
    this.node = node
    this.plan = patternPlan(node)
    this.key = key
    this.isFused = graph.place(input) === 'fused'
    this.timedOut = graph.behind(node.id).flatMap(({ kind, id }) => (kind === 'timed-out' ? [id] : []))
    this.#derived = [...new Set(path.flatMap((before) => (before.kind === 'derive' ? [before.field] : [])))]
    this.rows = emptyPatternRows(BLOCK_ROWS, this.#derived.length)
    this.#names = names
    this.#lookup = lookup
  }

  /** Which of the conditions hold for an item, as bits. */
  maskOf(item: unknown): number {
    return this.plan.tests.reduce((mask, test, bit) => (test(item as never) ? mask | (1 << bit) : mask), 0)
  }

  /** An item that was kept. */
  envelopeOf(items: Items, item: number): Envelope {
    if (!this.isFused) return items.envelope(item)
    const reading = items.reading(item)
    const { device, metric, time, region, tier } = reading
    const id = `${device.toString(36)}.${metric}.${time}`
    const fields = readingItem(reading, this.#names)
    this.#derived.forEach((field, index) => (fields[field] = reading.derived[index]))
    return { item: fields, origin: { device, metric, time, region, tier, id } }
  }

  /** A match as stages see it. */
  result({ isMatch, at, taken }: EndedPattern, items: Items): Envelope {
    const envelopes = new Map(taken.map(({ item }) => [item, this.envelopeOf(items, item)]))
    const all = [...envelopes.values()]
    const [first] = all
    const last = all[all.length - 1]
    this.key.encode(first.item, first.origin)
    const { low, high, text } = this.key
    const start = first.origin.time
    const end = isMatch && !this.plan.isAbsence ? last.origin.time : at
    const fields = new MatchFields(this.plan, (item) => envelopes.get(item)?.item).all(taken)
    const group = { low, high, text, label: this.key.label(low, high, text, this.#lookup) }
    const { device, metric } = this.key.source(low, high, text)
    const { region, tier } = last.origin
    const id = `${this.node.id}:${high.toString(36)}.${low.toString(36)}:${start}-${end}:${this.#nameOf(taken, all)}`
    return {
      item: { ...fields, start, end, ...this.key.describe(low, high, text, this.#lookup) },
      origin: { device, metric, region, tier, time: at, id: isMatch ? id : `${id}t`, group },
    }
  }

  /** The same for the same items at the same steps. */
  #nameOf(taken: readonly TakenItem[], all: readonly Envelope[]): string {
    const words = taken.map(({ step, which }, index) => `${step}.${which}.${idOf(all[index])}`)
    return hashText(words.join(' ')).toString(36)
  }
}

/** Readings of one series and time are told apart by their values. */
const idOf = ({ item, origin }: Envelope): string =>
  `${origin.id}=${(item as { value?: unknown } | null)?.value as string}`
