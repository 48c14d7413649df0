import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Geometry } from './geometry.ts'

type OnLate = (row: number) => void

const FIRST_ROWS = 256
const NO_GROUP = -1
/** Rows to a group from which on they are put together by groups before they are added up. */
const MANY_ROWS = 3
/** Numbers of groups are given on from slice to slice, so that the slots need no clearing; up to here. */
const MOST_NUMBERS = 2 ** 30

/**
 * Where the rows at hand belong: columns beside those of KeyedRows, used again for the next ones. Rows of one key and pane
 * are a group, so that key and pane are looked for once.
 */
export class RowPlaces {
  /** The first row of each group; these are looked up. */
  wanted = new Int32Array(0)
  wantedCount = 0
  /** Start of the pane. */
  start = new Float64Array(0)
  /** The key's row in its table. */
  row = new Int32Array(0)
  /** The accumulators. */
  at = new Int32Array(0)
  /** The rows by groups, behind `collect`. */
  order = new Int32Array(0)
  /** By group how many rows; behind `collect` where in `order` it begins, and the last one ends. */
  begin = new Int32Array(0)
  /** Rows that belong anywhere. */
  #taken = 0
  #group = new Int32Array(0)
  /** By hash: `#base` plus the number of a group; below `#base` it is of an earlier slice. */
  #slots = new Int32Array(0)
  #base = 1

  startOn({ count }: KeyedRows): void {
    this.wantedCount = 0
    this.#taken = 0
    if (this.#base > MOST_NUMBERS) {
      this.#slots.fill(0)
      this.#base = 1
    }
    if (count > this.at.length) this.#grow(count)
  }

  /** Whether there are so many rows to a group that putting them together first pays. */
  get isCrowded(): boolean {
    return this.#taken >= MANY_ROWS * this.wantedCount
  }

  /**
   * Groups the rows of panes that are in a window not past at `watermark`, and tells `onLate` those for which all are. With
   * `isSparse`, of many keys, only rows that follow on each other become a group. Written as one loop over locals: most of
   * what a row costs here would be loads of fields.
   */
  find(
    { count, keyLow, keyHigh, time }: KeyedRows,
    geometry: Geometry,
    past: number,
    onLate: OnLate,
    isSparse = false,
  ): void {
    const { wanted, start, begin } = this
    const group = this.#group
    const slots = this.#slots
    const base = this.#base
    const shift = Math.clz32(slots.length - 1)
    const mask = slots.length - 1
    let [from, until, isOpen, isLate, found, taken] = [NaN, NaN, false, false, 0, 0]
    let [lastLow, lastHigh, last] = [0, 0, NO_GROUP]
    for (let i = 0; i < count; i++) {
      const t = time[i]
      if (!(t >= from && t < until)) {
        from = geometry.paneOf(t)
        until = from + geometry.pane
        const end = geometry.lastEnd(from)
        isLate = end > from && end <= past
        isOpen = end > past && end > from
        last = NO_GROUP
      }
      if (!isOpen) {
        group[i] = NO_GROUP
        if (isLate) onLate(i)
        continue
      }
      taken++
      const low = keyLow[i]
      const high = keyHigh[i]
      if (low === lastLow && high === lastHigh && last !== NO_GROUP) {
        begin[last]++
        group[i] = last
        continue
      }
      lastLow = low
      lastHigh = high
      last = found
      let slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> shift
      for (; !isSparse; slot = (slot + 1) & mask) {
        const number = slots[slot] - base
        if (number < 0) {
          slots[slot] = base + found
          break
        }
        const first = wanted[number]
        if (keyLow[first] === low && keyHigh[first] === high && start[first] === from) {
          last = number
          break
        }
      }
      group[i] = last
      if (last < found) begin[last]++
      else {
        start[i] = from
        wanted[found] = i
        begin[found++] = 1
      }
    }
    this.#base = base + found
    this.wantedCount = found
    this.#taken = taken
  }

  /** All rows are looked up. */
  wantAll({ count }: KeyedRows): void {
    for (let i = 0; i < count; i++) this.wanted[i] = i
  }

  /** Every row gets the accumulators of its group's first one. */
  spread(count: number): void {
    const { at, wanted } = this
    const group = this.#group
    for (let i = 0; i < count; i++) at[i] = group[i] < 0 ? 0 : at[wanted[group[i]]]
  }

  /** Lists the rows by groups; within a group as they came. */
  collect(count: number): void {
    const { order, begin, wantedCount } = this
    const group = this.#group
    let next = 0
    for (let n = 0; n < wantedCount; n++) {
      const size = begin[n]
      begin[n] = next
      next += size
    }
    for (let i = 0; i < count; i++) if (group[i] >= 0) order[begin[group[i]]++] = i
    // each has moved on to where the next one begins
    for (let n = wantedCount; n > 0; n--) begin[n] = begin[n - 1]
    begin[0] = 0
  }

  #grow(count: number): void {
    const length = Math.max(FIRST_ROWS, 2 * count)
    this.wanted = new Int32Array(length)
    this.start = new Float64Array(length)
    this.row = new Int32Array(length)
    this.at = new Int32Array(length)
    this.order = new Int32Array(length)
    this.begin = new Int32Array(length + 1)
    this.#group = new Int32Array(length)
    this.#slots = new Int32Array(2 ** (32 - Math.clz32(2 * length - 1)))
    this.#base = 1
  }
}
