import type { CompiledPattern, EndedPattern } from '../compiler/compiled-pattern.ts'
import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import { PerShard } from '../operators/per-shard.ts'
import { MatchFields } from '../patterns/match-fields.ts'
import { Matcher } from '../patterns/matcher.ts'
import type { PatternRows } from '../patterns/pattern-rows.ts'
import { PatternShard } from '../patterns/pattern-shard.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { Envelope, ShardScope } from './operator.ts'

export interface PatternStageParts {
  /** Number of the stage in the state. */
  readonly stage: number
  readonly latenessMs: number
  readonly onMatch: (envelope: Envelope) => void
  readonly onTimedOut: (envelope: Envelope) => void
  /** A user function threw over an item. */
  readonly onError: (envelope: Envelope, error: unknown) => void
}

/** A pattern between the stages before it, fused or not, and those behind it. */
export class PatternStage {
  readonly #compiled: CompiledPattern
  readonly #parts: PatternStageParts
  readonly #shards: PerShard<PatternShard>
  /** Rows of a slice that are no heartbeats. */
  readonly #others = new Int32Array(BLOCK_ROWS)

  constructor(compiled: CompiledPattern, parts: PatternStageParts) {
    this.#compiled = compiled
    this.#parts = parts
    this.#shards = new PerShard((state) => this.#open(state))
  }

  /** Rows of the block; returns how many of them came too late. `onError`: a derived field of the row can't be kept. */
  show(
    { state, watermark }: ShardScope,
    rows: PatternRows,
    block: ReadingBlock,
    onError: (row: number, error: unknown) => void,
  ): number {
    const shard = this.#shards.of(state)
    const others = this.#others
    const left = this.#compiled.beatMs > 0 ? shard.takeBeats(rows, block, watermark, others) : rows.count
    let late = 0
    for (let n = 0; n < left; n++) {
      const index = left === rows.count ? n : others[n]
      if (block.time[rows.row[index]] < watermark) late++
      else
        try {
          shard.addReading(block, rows, index)
        } catch (error) {
          onError(rows.row[index], error)
        }
    }
    return late
  }

  /** An item; false when it came too late. Throws what the conditions' tests and the key's function throw. */
  add({ state, watermark }: ShardScope, envelope: Envelope): boolean {
    const { key, plan } = this.#compiled
    const { item, origin } = envelope
    const mask = this.#compiled.maskOf(item)
    if (mask === 0 && !plan.wantsAll) return true
    if (origin.time < watermark) return false
    key.encode(item, origin)
    this.#shards.of(state).addItem(envelope, mask, key.low, key.high)
    return true
  }

  /** The watermark has moved. */
  advance({ state, watermark }: ShardScope): void {
    const shard = this.#shards.of(state)
    if (shard.isIdle) return
    for (let isDone = false; !isDone;) {
      state.begin()
      try {
        isDone = shard.advance(watermark)
      } catch (error) {
        state.rollback()
        throw error
      }
      state.commit()
    }
  }

  #open(state: ShardState): PatternShard {
    const { node, plan, isFused, beatMs } = this.#compiled
    const { stage, latenessMs } = this.#parts
    return new PatternShard(state, {
      ...{ stage, latenessMs, ofReadings: isFused, longestMs: plan.longestMs, beatMs },
      matcher: (partials, items) =>
        new Matcher({
          ...{ plan, node, partials, items },
          fields: new MatchFields(plan, (item) => this.#compiled.envelopeOf(items, item).item),
          onError: (item, error) => this.#parts.onError(this.#compiled.envelopeOf(items, item), error),
        }),
      onEnded: ({ partial, isMatch, at }, shard) =>
        this.#tell({ isMatch, at, taken: shard.partials.all(partial) }, shard),
    })
  }

  #tell(ended: EndedPattern, { items }: PatternShard): void {
    if (ended.isMatch) this.#parts.onMatch(this.#compiled.result(ended, items))
    else if (this.#compiled.timedOut.length > 0) this.#parts.onTimedOut(this.#compiled.result(ended, items))
  }
}
