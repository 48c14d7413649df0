/**
 * Heartbeats of keys that are alive, a slice at a time. Each moves the last one that is known of its series or its key, and
 * nothing else: no timer, no item, no undoing (when it comes again, it says the same again). The item that the pattern sees
 * is written when somebody looks.
 */
import { BLOCK_ROWS, NO_SLOT, type ReadingBlock } from '../definition/reading-block.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { PART_EPOCH, ROW_HIGH, ROW_LOW, ROW_STAMP } from '../state/state.layout.ts'
import type { BeatFields } from './beat-fields.ts'
import type { Items } from './items.ts'
import { BEAT, LAST_BEAT } from './key-row.layout.ts'
import type { PatternRows } from './pattern-rows.ts'
import { SlotBeats } from './slot-beats.ts'

export interface BeatOptions {
  /** A key may be silent so long. */
  readonly beatMs: number
  readonly fields: BeatFields
  /** A series is always of the same key. */
  readonly isBySeries: boolean
}

export class Beats {
  readonly slots: SlotBeats
  readonly #state: ShardState
  readonly #table: KeyTable
  readonly #options: BeatOptions
  readonly #found = new Int32Array(BLOCK_ROWS)

  constructor(state: ShardState, table: KeyTable, options: BeatOptions) {
    this.#state = state
    this.#table = table
    this.#options = options
    this.slots = new SlotBeats(state, table, options.beatMs)
  }

  /** Returns how many of the rows are something else (late, or of a key that is not alive): their numbers are in `others`. */
  take(rows: PatternRows, block: ReadingBlock, watermark: number, others: Int32Array): number {
    const { slot } = block
    const { isBySeries, fields } = this.#options
    if (slot === undefined || !isBySeries || !fields.isTime || this.slots.isStale)
      return this.#takeByKey(rows, block, watermark, others)
    const left = this.slots.take(rows, block, slot, watermark, others)
    return left === 0 ? 0 : this.#takeUnlinked(rows, block, slot, watermark, others, left)
  }

  /** Writes what heartbeats have moved into the item that the pattern sees. */
  settle(row: number, items: Items): void {
    const item = this.#state.u32[row + BEAT]
    if (item === 0) return
    if (this.slots.hasLinks(row)) this.slots.fold(row)
    this.#options.fields.toItem(this.#state, row + LAST_BEAT, item, items)
  }

  /** Lets heartbeats find the item that they move; 0 = there is none. */
  begin(row: number, item: number): void {
    if (this.#state.u32[row + BEAT] === item) return
    const { fields } = this.#options
    this.#state.put(row + BEAT, item)
    this.#state.save(row + LAST_BEAT, fields.words)
    if (item === 0) this.slots.release(row)
    else fields.ofItem(this.#state, row + LAST_BEAT, item)
  }

  #takeByKey(rows: PatternRows, block: ReadingBlock, watermark: number, others: Int32Array): number {
    const { count, keyLow, keyHigh, row: blockRow } = rows
    const found = this.#found
    const { u32 } = this.#state
    this.#table.candidates(rows, count, found)
    let left = 0
    for (let i = 0; i < count; i++) {
      const row = found[i]
      const isKey = row !== 0 && u32[row + ROW_LOW] === keyLow[i] && u32[row + ROW_HIGH] === keyHigh[i]
      if (!isKey || !this.#isBeat(row, block.time[blockRow[i]], watermark)) others[left++] = i
      else this.#move(row, block, blockRow[i])
    }
    return left
  }

  /** Of `count` others those that are heartbeats of a key's row: their series are linked to it. */
  #takeUnlinked(
    { keyLow, keyHigh, row: blockRow }: PatternRows,
    block: ReadingBlock,
    slot: Uint32Array,
    watermark: number,
    others: Int32Array,
    count: number,
  ): number {
    let left = 0
    for (let n = 0; n < count; n++) {
      const i = others[n]
      const at = blockRow[i]
      const row = this.#table.find(keyLow[i], keyHigh[i])
      if (row === 0 || !this.#isBeat(row, block.time[at], watermark)) others[left++] = i
      else if (slot[at] === NO_SLOT || !this.slots.link(row, slot[at], block, at)) this.#move(row, block, at)
    }
    return left
  }

  /** The key is alive, and was at that time. */
  #isBeat(row: number, at: number, watermark: number): boolean {
    const { u32, f64 } = this.#state
    const isAlive = u32[row + BEAT] !== 0
    return isAlive && at >= watermark && at - f64[(row + LAST_BEAT) >>> 1] <= this.#options.beatMs
  }

  #move(row: number, block: ReadingBlock, blockRow: number): void {
    const { u32, f64 } = this.#state
    u32[row + ROW_STAMP] = u32[PART_EPOCH]
    if (block.time[blockRow] >= f64[(row + LAST_BEAT) >>> 1])
      this.#options.fields.ofReading(this.#state, row + LAST_BEAT, block, blockRow)
  }
}
