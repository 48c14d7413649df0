import type { KeyedRows } from '../runtime/keyed-rows.ts'

/** A row per slot that others of its group are looked for in. */
const GROUP_BITS = 9
const NO_ROW = -1

/** Where the rows at hand belong: columns beside those of KeyedRows, used again for the next ones. */
export class RowPlaces {
  isWanted = new Uint8Array(0)
  /** Start of the pane. */
  start = new Float64Array(0)
  /** The key's row in its table. */
  row = new Int32Array(0)
  /** The accumulators. */
  at = new Int32Array(0)
  /** The row that stands for all of its key and pane: itself or an earlier one. */
  lead = new Int32Array(0)
  readonly #leads = new Int32Array(1 << GROUP_BITS)

  startOn({ count }: KeyedRows): void {
    if (count <= this.at.length) return
    const length = Math.max(256, 2 * count)
    this.isWanted = new Uint8Array(length)
    this.start = new Float64Array(length)
    this.row = new Int32Array(length)
    this.at = new Int32Array(length)
    this.lead = new Int32Array(length)
  }

  /** Leaves of the wanted rows of a key and pane the first one wanted; where two groups meet in a slot it may be several. */
  group({ count, keyLow, keyHigh }: KeyedRows): void {
    const leads = this.#leads.fill(NO_ROW)
    const { isWanted, start, lead } = this
    for (let i = 0; i < count; i++) {
      lead[i] = i
      if (isWanted[i] === 0) continue
      const low = keyLow[i]
      const high = keyHigh[i]
      const slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> (32 - GROUP_BITS)
      const first = leads[slot]
      if (first !== NO_ROW && keyLow[first] === low && keyHigh[first] === high && start[first] === start[i]) {
        lead[i] = first
        isWanted[i] = 0
      } else leads[slot] = i
    }
  }

  /** Every row gets the accumulators of the one that stands for it. */
  spread(count: number): void {
    const { at, lead } = this
    for (let i = 0; i < count; i++) at[i] = at[lead[i]]
  }
}
