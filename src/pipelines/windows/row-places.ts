import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Geometry } from './geometry.ts'

type OnLate = (row: number) => void

const FIRST_ROWS = 256
const NO_GROUP = -1
/** Rows to a group from which on they are put together by groups before they are added up. */
const MANY_ROWS = 3
/** Numbers of groups are given on from slice to slice, so that the slots need no clearing; up to here. */
const MOST_NUMBERS = 2 ** 30
/** Keys up to here are small numbers; so many panes beside each other are told apart. */
const DIRECT_KEYS = 2 ** 16
const DIRECT_PANES = 4
const DIRECT_SLOTS = DIRECT_KEYS * DIRECT_PANES

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
  /** The same by key and the last bits of the pane, for keys that are small numbers; below `#floor` it doesn't count. */
  #direct = new Int32Array(0)
  #floor = 1

  startOn({ count }: KeyedRows): void {
    this.wantedCount = 0
    this.#taken = 0
    if (this.#base > MOST_NUMBERS) {
      this.#slots.fill(0)
      this.#direct.fill(0)
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
   * `isSparse`, of many keys, only rows that follow on each other become a group. A group may be there twice: its rows are
   * taken in their order all the same.
   */
  find(rows: KeyedRows, geometry: Geometry, past: number, onLate: OnLate, isSparse = false): void {
    const { count, time } = rows
    const areSmall = !isSparse && areSmallNumbers(rows)
    if (areSmall && this.#direct.length === 0) this.#direct = new Int32Array(DIRECT_SLOTS)
    let panes = NaN
    for (let i = 0, end = 0; i < count; i = end) {
      const from = geometry.paneOf(time[i])
      const until = from + geometry.pane
      for (end = i + 1; end < count && time[end] >= from && time[end] < until;) end++
      const last = geometry.lastEnd(from)
      if (last <= past || last <= from) {
        this.#group.fill(NO_GROUP, i, end)
        for (let k = i; k < end && last > from; k++) onLate(k)
        continue
      }
      this.#taken += end - i
      if (isSparse) this.#groupRuns(rows, i, end, from)
      else if (areSmall) {
        const pane = Math.floor(from / geometry.pane)
        // of panes further apart the last bits may be the same
        if (Math.floor(pane / DIRECT_PANES) !== panes) this.#floor = this.#base + this.wantedCount
        panes = Math.floor(pane / DIRECT_PANES)
        this.#groupSmall(rows, i, end, from, pane & (DIRECT_PANES - 1))
      } else this.#groupAny(rows, i, end, from)
    }
    this.#base += this.wantedCount
  }

  /** Of rows i … end − 1, all of one pane, those that follow on each other. */
  #groupRuns({ keyLow, keyHigh }: KeyedRows, i: number, end: number, from: number): void {
    const { wanted, start, begin } = this
    const group = this.#group
    let found = this.wantedCount
    let [lastLow, lastHigh] = [-1, -1]
    for (; i < end; i++) {
      const low = keyLow[i]
      const high = keyHigh[i]
      if (low === lastLow && high === lastHigh) begin[found - 1]++
      else {
        lastLow = low
        lastHigh = high
        start[i] = from
        wanted[found] = i
        begin[found++] = 1
      }
      group[i] = found - 1
    }
    this.wantedCount = found
  }

  /** Where keys are small numbers (regions, tiers) these say where to look. */
  #groupSmall({ keyLow }: KeyedRows, i: number, end: number, from: number, pane: number): void {
    const { wanted, start, begin } = this
    const group = this.#group
    const direct = this.#direct
    const base = this.#base
    const floor = this.#floor
    let found = this.wantedCount
    for (; i < end; i++) {
      const slot = keyLow[i] * DIRECT_PANES + pane
      const place = direct[slot]
      if (place >= floor) {
        begin[place - base]++
        group[i] = place - base
        continue
      }
      direct[slot] = base + found
      start[i] = from
      wanted[found] = i
      group[i] = found
      begin[found++] = 1
    }
    this.wantedCount = found
  }

  #groupAny({ keyLow, keyHigh }: KeyedRows, i: number, end: number, from: number): void {
    const { wanted, start, begin } = this
    const group = this.#group
    const slots = this.#slots
    const base = this.#base
    const shift = Math.clz32(slots.length - 1)
    const mask = slots.length - 1
    let found = this.wantedCount
    for (; i < end; i++) {
      const low = keyLow[i]
      const high = keyHigh[i]
      let slot = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1) >>> shift
      for (; ; slot = (slot + 1) & mask) {
        const number = slots[slot] - base
        if (number < 0) {
          slots[slot] = base + found
          start[i] = from
          wanted[found] = i
          begin[found] = 1
          group[i] = found++
          break
        }
        const first = wanted[number]
        if (keyLow[first] === low && keyHigh[first] === high && start[first] === from) {
          begin[number]++
          group[i] = number
          break
        }
      }
    }
    this.wantedCount = found
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
    this.#direct.fill(0)
    this.#base = 1
  }
}

function areSmallNumbers({ count, keyLow, keyHigh }: KeyedRows): boolean {
  let [low, high] = [0, 0]
  for (let i = 0; i < count; i++) {
    low |= keyLow[i]
    high |= keyHigh[i]
  }
  return high === 0 && low >>> 0 < DIRECT_KEYS
}
