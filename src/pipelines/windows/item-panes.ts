import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Accumulators } from './accumulators.ts'
import type { Geometry } from './geometry.ts'
import { RowPlaces } from './row-places.ts'
import * as W from './window.layout.ts'
import { inTransaction } from './window-shard.ts'
import type { WindowShard } from './window-shard.ts'

/**
 * Panes by the number of a key's item: what count windows and triggers by count are made of. A pane also knows the first
 * and the last time in it. How far results have been given is in the key's row (EARLY, which these windows don't need).
 */
export class ItemPanes {
  readonly #accumulators: Accumulators
  readonly #geometry: Geometry
  readonly #places = new RowPlaces()

  constructor(accumulators: Accumulators, geometry: Geometry) {
    this.#accumulators = accumulators
    this.#geometry = geometry
  }

  take(shard: WindowShard, rows: KeyedRows): void {
    const { table, panes, state } = shard
    const places = this.#places
    inTransaction(state, () => {
      places.startOn(rows)
      places.wantAll(rows)
      table.findAll(rows, places.wanted, rows.count, places.row)
      for (let i = 0; i < rows.count; i++) {
        const row = places.row[i]
        places.at[i] = row === 0 ? 0 : this.#place(shard, row, rows.time[i])
      }
      this.#accumulators.addAll(panes.arena, places.at, 0, rows.count, rows.time, rows.inputs)
    })
  }

  /** Number of the item behind the last one of the next window to give. */
  nextEnd({ state }: WindowShard, row: number): number {
    const given = state.f64[(row + W.EARLY) >>> 1]
    return (given === Infinity ? 0 : given) + this.#geometry.every
  }

  /** First and last time in the panes from item `start` to before item `end`. */
  times(
    { panes, state }: WindowShard,
    row: number,
    start: number,
    end: number,
  ): { start: number; end: number } {
    const { u32, f64 } = state
    let [first, last] = [Infinity, -Infinity]
    for (
      let pane = u32[row + W.OLDEST];
      pane !== 0 && panes.startOf(pane) < end;
      pane = u32[pane + W.NEWER]
    ) {
      if (panes.startOf(pane) < start) continue
      first = Math.min(first, f64[(pane + W.FIRST) >>> 1])
      last = Math.max(last, f64[(pane + W.LAST) >>> 1])
    }
    return { start: first, end: last }
  }

  /** The window up to item `end` was given: panes that no later one needs go, the next one is scheduled if it is full. */
  wasGiven(shard: WindowShard, row: number, end: number): void {
    const { state, panes } = shard
    state.putNumber(row + W.EARLY, end)
    let oldest = state.u32[row + W.OLDEST]
    while (oldest !== 0 && this.#geometry.lastEnd(panes.startOf(oldest)) <= end) {
      panes.drop(row, oldest)
      oldest = state.u32[row + W.OLDEST]
    }
    const isFull = state.f64[(row + W.ITEMS) >>> 1] >= end + this.#geometry.every
    shard.reschedule(row, isFull ? -Infinity : Infinity)
  }

  #place(shard: WindowShard, row: number, time: number): number {
    const { state, panes } = shard
    const { u32, f64 } = state
    const item = f64[(row + W.ITEMS) >>> 1]
    const start = this.#geometry.paneOf(item)
    const isNew = item === start
    const pane = panes.ensure(row, start)
    if (pane === 0) return 0
    panes.touch(pane)
    u32[pane + W.FLAGS] |= W.HAS_ROWS
    f64[(pane + W.FIRST) >>> 1] = isNew ? time : Math.min(time, f64[(pane + W.FIRST) >>> 1])
    f64[(pane + W.LAST) >>> 1] = isNew ? time : Math.max(time, f64[(pane + W.LAST) >>> 1])
    state.putNumber(row + W.ITEMS, item + 1)
    if ((item + 1) % this.#geometry.every === 0) shard.scheduleEnd(row, -Infinity)
    return pane + W.PANE_WORDS
  }
}
