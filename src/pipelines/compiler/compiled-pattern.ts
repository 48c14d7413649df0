import type { PatternNode } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { BLOCK_ROWS } from '../definition/reading-block.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import type { Items } from '../patterns/items.ts'
import type { TakenItem } from '../patterns/partials.ts'
import { type PatternPlan, patternPlan } from '../patterns/pattern-plan.ts'
import { emptyPatternRows, type PatternRows } from '../patterns/pattern-rows.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { StageGraph } from './graph.ts'
import { type MatchItem, matchItem } from './match-item.ts'
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
  /** Readings move a time as heartbeats do, if this is not NaN: the pattern's `beatMs`. */
  readonly beatMs: number
  /** `timed-out` nodes: partial matches whose time is up go to their consumers. */
  readonly timedOut: readonly string[]
  readonly rows: PatternRows
  readonly #derived: readonly string[]
  readonly #item: MatchItem
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
    this.beatMs = this.isFused && this.#derived.length === 0 ? this.plan.beatMs : NaN
    this.#item = matchItem(
      this.plan.steps.flatMap(({ any }) => any.map((condition) => condition.name)),
      key.parts,
    )
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
    for (let i = 0; i < this.#derived.length; i++) fields[this.#derived[i]] = reading.derived[i]
    return { item: fields, origin: { time, device, metric, region, tier, id } }
  }

  /** A match as stages see it. */
  result({ isMatch, at, taken }: EndedPattern, items: Items): Envelope {
    const envelopes = taken.map(({ item }) => this.envelopeOf(items, item))
    const first = envelopes[0]
    const last = envelopes[envelopes.length - 1]
    this.key.encode(first.item, first.origin)
    const { low, high, text } = this.key
    const start = first.origin.time
    const end = isMatch && !this.plan.isAbsence ? last.origin.time : at
    const group = { low, high, text, label: this.key.label(low, high, text, this.#lookup) }
    const { device, metric } = this.key.source(low, high, text)
    const { region, tier } = last.origin
    const name = `${high.toString(36)}.${low.toString(36)}:${start}-${end}:${hashOf(taken, envelopes)}`
    const id = `${this.node.id}:${name}${isMatch ? '' : 't'}`
    const parts = this.key.describe(low, high, text, this.#lookup)
    return {
      item: this.#item(this.#valuesOf(taken, envelopes), start, end, parts),
      origin: { device, metric, region, tier, time: at, id, group },
    }
  }

  /** By condition what it has taken; a list is there even if it is empty. */
  #valuesOf(taken: readonly TakenItem[], envelopes: readonly Envelope[]): readonly unknown[] {
    const { steps } = this.plan
    const values: unknown[] = []
    for (const { any, isList } of steps)
      for (let i = 0; i < any.length; i++) values.push(isList ? [] : undefined)
    taken.forEach(({ step, which }, index) => {
      const at = steps[step].begin + which
      if (steps[step].isList) (values[at] as unknown[]).push(envelopes[index].item)
      else values[at] = envelopes[index].item
    })
    return values
  }
}

const words = new Float64Array(2)
const bits = new Uint32Array(words.buffer)

/** The same for the same items at the same steps; readings of one series and time are told apart by their values. */
function hashOf(taken: readonly TakenItem[], envelopes: readonly Envelope[]): string {
  let hash = 0
  const mix = (word: number): number => (hash = Math.imul(hash ^ word, 0x9e3779b1) ^ (hash >>> 15))
  taken.forEach(({ step, which }, index) => {
    const { item, origin } = envelopes[index]
    const value = (item as { readonly value?: unknown } | null)?.value
    words[0] = origin.time
    words[1] = typeof value === 'number' ? value : 0
    mix((step << 8) | which)
    mix(origin.metric)
    bits.forEach(mix)
  })
  return (hash >>> 0).toString(36)
}
