import type { KeyedRows } from '../runtime/keyed-rows.ts'

/** A row per slot that others of its group are looked for in. */
const GROUP_BITS = 9
const NO_ROW = -1

/** Where the rows at hand belong: columns beside those of KeyedRows, used again for the next ones. */
export class RowPlaces {
  /** Rows to look up: of those of one key and pane the first, or several where groups meet in a slot. */
  wanted = new Int32Array(0)
  wantedCount = 0
  /** Start of the pane. */
  start = new Float64Array(0)
  /** The key's row in its table. */
  row = new Int32Array(0)
  /** The accumulators. */
  at = new Int32Array(0)
  /** The row that stands for all of its key and pane: itself or an earlier one. */
  readonly #leads = new Int32Array(1 << GROUP_BITS)
  #lead = new Int32Array(0)

  startOn({ count }: KeyedRows): void {
    this.wantedCount = 0
    this.#leads.fill(NO_ROW)
    if (count <= this.at.length) return
    const length = Math.max(256, 2 * count)
    this.wanted = new Int32Array(length)
    this.start = new Float64Array(length)
    this.row = new Int32Array(length)
    this.at = new Int32Array(length)
    this.#lead = new Int32Array(length)
  }

  /** Row i is of the pane that starts there. */
  want({ keyLow, keyHigh }: KeyedRows, i: number, start: number): void {
    const low = keyLow[i]
    const high = keyHigh[i]
    const slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> (32 - GROUP_BITS)
    const first = this.#leads[slot]
    if (first !== NO_ROW && keyLow[first] === low && keyHigh[first] === high && this.start[first] === start) {
      this.#lead[i] = first
      return
    }
    this.#leads[slot] = i
    this.#lead[i] = i
    this.start[i] = start
    this.wanted[this.wantedCount++] = i
  }

  /** Row i is of no pane. */
  leave(i: number): void {
    this.#lead[i] = i
    this.at[i] = 0
  }

  /** All rows are looked up. */
  wantAll({ count }: KeyedRows): void {
    for (let i = 0; i < count; i++) this.wanted[i] = i
  }

  /** Every row gets the accumulators of the one that stands for it. */
  spread(count: number): void {
    const { at } = this
    const lead = this.#lead
    for (let i = 0; i < count; i++) at[i] = at[lead[i]]
  }
}
