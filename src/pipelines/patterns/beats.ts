/**
 * Heartbeats of keys that are alive, a slice at a time. Each moves what its key's row has of the last one, and nothing else:
 * no timer, no item, no undoing (when it comes again, it says the same again). The item that the pattern sees is written
 * when somebody looks.
 *
 *   0 time (f64)  2 value (f64)  4 lat (f64)  6 lon (f64)  8 score (f64)  10 device (f64)  12 metric << 16 | region << 8 | tier
 */
import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { PART_EPOCH, ROW_HIGH, ROW_LOW, ROW_STAMP } from '../state/state.layout.ts'
import type { Items } from './items.ts'
import { BEAT, LAST_BEAT } from './key-row.layout.ts'
import type { PatternRows } from './pattern-rows.ts'

const DOUBLES = 6
const PLACE = 12

/** Of an item the columns from here on: time, and after two words the others (see `Items`). */
const ITEM_TIME = 4
const ITEM_VALUE = 8
const ITEM_DEVICE = 10
const ITEM_LAT = 12
const ITEM_LON = 14
const ITEM_SCORE = 16
const ITEM_PLACE = 18
/** In the order of the row's. */
const ITEM_DOUBLES = [ITEM_TIME, ITEM_VALUE, ITEM_LAT, ITEM_LON, ITEM_SCORE, ITEM_DEVICE]

/** Writes the item's reading into the row. */
export function beatOfItem({ u32, f64 }: ShardState, at: number, item: number): void {
  for (let i = 0; i < DOUBLES; i++) f64[(at >>> 1) + i] = f64[(item + ITEM_DOUBLES[i]) >>> 1]
  u32[at + PLACE] = u32[item + ITEM_PLACE]
}

/** Writes what heartbeats have moved into the item that the pattern sees. */
export function settleBeat({ u32, f64 }: ShardState, row: number, items: Items): void {
  const item = u32[row + BEAT]
  const at = row + LAST_BEAT
  if (item === 0 || !(f64[at >>> 1] > items.time(item))) return
  for (let i = 0; i < DOUBLES; i++) f64[(item + ITEM_DOUBLES[i]) >>> 1] = f64[(at >>> 1) + i]
  u32[item + ITEM_PLACE] = u32[at + PLACE]
}

export class Beats {
  readonly #state: ShardState
  readonly #table: KeyTable
  readonly #beatMs: number
  readonly #found = new Int32Array(BLOCK_ROWS)

  constructor(state: ShardState, table: KeyTable, beatMs: number) {
    this.#state = state
    this.#table = table
    this.#beatMs = beatMs
  }

  /** Returns how many of the rows are something else (late, or of a key that is not alive): their numbers are in `others`. */
  take(rows: PatternRows, block: ReadingBlock, watermark: number, others: Int32Array): number {
    const { count, keyLow, keyHigh, row: blockRow } = rows
    const found = this.#found
    const { u32, f64 } = this.#state
    const { time } = block
    const beatMs = this.#beatMs
    const epoch = u32[PART_EPOCH]
    this.#table.candidates(rows, count, found)
    let left = 0
    for (let i = 0; i < count; i++) {
      const row = found[i]
      const at = time[blockRow[i]]
      const isAlive =
        row !== 0 &&
        u32[row + ROW_LOW] === keyLow[i] &&
        u32[row + ROW_HIGH] === keyHigh[i] &&
        u32[row + BEAT] !== 0
      const since = at - f64[(row + LAST_BEAT) >>> 1]
      if (!isAlive || at < watermark || since > beatMs) {
        others[left++] = i
        continue
      }
      u32[row + ROW_STAMP] = epoch
      if (since >= 0) this.#write(row + LAST_BEAT, block, blockRow[i])
    }
    return left
  }

  #write(at: number, block: ReadingBlock, row: number): void {
    const { u32, f64 } = this.#state
    const to = at >>> 1
    f64[to] = block.time[row]
    f64[to + 1] = block.value[row]
    f64[to + 2] = block.lat[row]
    f64[to + 3] = block.lon[row]
    f64[to + 4] = block.score[row]
    f64[to + 5] = block.device[row]
    u32[at + PLACE] = (block.metric[row] << 16) | (block.region[row] << 8) | block.tier[row]
  }
}
