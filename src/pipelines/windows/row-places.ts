import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Geometry } from './geometry.ts'

type OnLate = (row: number) => void

/** A row per slot that others of its group are looked for in. */
const GROUP_BITS = 8
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

  /**
   * Lists the rows of panes that are in a window not past at `watermark`, and tells `onLate` those for which all are. Written
   * as one loop over locals: most of what a row costs here would be loads of fields.
   */
  find({ count, keyLow, keyHigh, time }: KeyedRows, geometry: Geometry, past: number, onLate: OnLate): void {
    const { wanted, start, at } = this
    const leads = this.#leads
    const lead = this.#lead
    let [from, until, isOpen, isLate, found] = [NaN, NaN, false, false, 0]
    for (let i = 0; i < count; i++) {
      const t = time[i]
      if (!(t >= from && t < until)) {
        from = geometry.paneOf(t)
        until = from + geometry.pane
        const last = geometry.lastEnd(from)
        isLate = last > from && last <= past
        isOpen = last > past && last > from
      }
      lead[i] = i
      if (!isOpen) {
        at[i] = 0
        if (isLate) onLate(i)
        continue
      }
      const low = keyLow[i]
      const high = keyHigh[i]
      const slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> (32 - GROUP_BITS)
      const first = leads[slot]
      if (first >= 0 && keyLow[first] === low && keyHigh[first] === high && start[first] === from) {
        lead[i] = first
        continue
      }
      leads[slot] = i
      start[i] = from
      wanted[found++] = i
    }
    this.wantedCount = found
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
