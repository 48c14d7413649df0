import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { Accumulators } from './accumulators.ts'
import type { Contribution } from './contribution.ts'
import type { Geometry } from './geometry.ts'
import type { Place } from './panes.ts'
import { RowPlaces } from './row-places.ts'
import * as W from './window.layout.ts'
import type { GivenWindow, WindowOptions } from './window-operator.ts'
import { inTransaction, serveDue, WindowShards } from './window-shard.ts'
import type { WindowShard } from './window-shard.ts'

/** What a window is told to give: the accumulators of a key for a window, and how many results there were before. */
export type Give = (shard: WindowShard, row: number, window: GivenWindow, place: Place) => void

/** More panes than this are put together by two stacks instead of one by one. */
const DIRECT_PANES = 8

/**
 * Windows whose bounds follow from time alone: tumbling and sliding ones, over panes. A key is scheduled for the end of its
 * first window not given yet; each one given schedules the next one that has rows in it.
 */
export class PaneWindow {
  readonly #geometry: Geometry
  readonly #allowedMs: number
  readonly #earlyMs: number
  readonly #areEarlyLeftOut: () => boolean
  readonly #accumulators: Accumulators
  readonly #shards: WindowShards
  readonly #places = new RowPlaces()
  readonly #isCounting: boolean
  /** Whether panes know how many rows came since they were handed over. */
  readonly #countsRows: boolean

  constructor(
    node: number,
    geometry: Geometry,
    accumulators: Accumulators,
    allowedMs: number,
    {
      earlyEveryMs: earlyMs,
      areEarlyLeftOut = () => false,
    }: Pick<WindowOptions, 'earlyEveryMs' | 'areEarlyLeftOut'>,
    countsRows = false,
  ) {
    this.#geometry = geometry
    this.#allowedMs = allowedMs
    this.#earlyMs = earlyMs
    this.#areEarlyLeftOut = areEarlyLeftOut
    this.#accumulators = accumulators
    this.#shards = new WindowShards(node, accumulators)
    this.#countsRows = countsRows
    this.#isCounting = allowedMs > 0 || earlyMs > 0
  }

  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    const shard = this.#shards.of(scope.state)
    inTransaction(scope.state, () => {
      const places = this.#places
      places.startOn(rows)
      places.find(rows, this.#geometry, scope.watermark - this.#allowedMs, onLate)
      shard.table.findAll(rows, places.wanted, places.wantedCount, places.row)
      this.#place(shard, scope.watermark, rows)
      if (this.#countsRows) this.#countRows(scope.state.u32)
      this.#accumulators.addPlaced(shard.panes.arena, places, rows)
    })
  }

  advance(scope: ShardScope, give: Give, limit: number): boolean {
    const shard = this.#shards.of(scope.state)
    return serveDue(shard, scope, limit, (row, purpose, time) => {
      if (purpose === W.FOR_END) return this.#serveEnd(shard, row, time, give)
      if (purpose === W.FOR_EARLY) return this.#serveEarly(shard, row, time, scope.watermark, give)
      this.#clean(shard, row, time)
      return 0
    })
  }

  /** Takes over what a shard has of a pane; false when the last window with it is past. */
  contribute({ state, watermark }: ShardScope, part: Contribution): boolean {
    const { start } = part
    if (this.#geometry.lastEnd(start) + this.#allowedMs <= watermark) return false
    const shard = this.#shards.of(state)
    inTransaction(state, () => {
      const row = shard.table.findOrAdd(part.low, part.high, part.text)
      const pane = row === 0 ? 0 : this.#pane(shard, row, start, watermark)
      if (pane === 0 || !shard.panes.takePart(pane, part)) return
      if (this.#geometry.endAfter(start) <= watermark) this.#reopen(shard, row, start, watermark)
      if (this.#earlyMs > 0) this.#noteChange(shard, row, Math.max(start, watermark))
    })
    return true
  }

  /** Before the rows are collected. */
  #countRows(u32: Uint32Array): void {
    const { at, wanted, wantedCount, begin: sizes } = this.#places
    for (let n = 0; n < wantedCount; n++) {
      const place = at[wanted[n]]
      if (place !== 0) u32[place - W.PANE_WORDS + W.ROWS] += sizes[n]
    }
  }

  #place(shard: WindowShard, watermark: number, rows: KeyedRows): void {
    const { start, row: rowOf, at, wanted, wantedCount } = this.#places
    const { u32, f64, epoch } = shard.state
    for (let n = 0; n < wantedCount; n++) {
      const i = wanted[n]
      const row = rowOf[i]
      at[i] = 0
      if (row === 0) continue
      let pane = u32[row + W.CURRENT]
      if (pane === 0 || f64[pane >>> 1] !== start[i]) pane = this.#pane(shard, row, start[i], watermark)
      if (pane === 0) continue
      if (u32[pane + W.STAMP] !== epoch) shard.panes.touch(pane)
      u32[pane + W.FLAGS] |= W.HAS_ROWS
      at[i] = pane + W.PANE_WORDS
      if (start[i] < watermark && this.#geometry.endAfter(start[i]) <= watermark) {
        this.#reopen(shard, row, start[i], watermark)
      }
      if (this.#earlyMs > 0) this.#noteChange(shard, row, Math.max(rows.time[i], watermark))
    }
  }

  /**
   * The pane, which is new or was not the last one used; the key is scheduled for the first window with it to come. Only
   * that makes it the current one: a pane that was made to count a window's results has nothing scheduled for it.
   */
  #pane(shard: WindowShard, row: number, start: number, watermark: number): number {
    const pane = shard.panes.ensure(row, start)
    if (pane === 0) return 0
    const end = this.#geometry.endAfter(Math.max(start, watermark))
    if (end - this.#geometry.size > start || shard.scheduleEnd(row, end)) {
      shard.state.put(row + W.CURRENT, pane)
      return pane
    }
    if (!shard.panes.hasRows(pane)) shard.panes.drop(row, pane)
    return 0
  }

  /** Rows came to a pane of windows that are past: those whose lateness is still allowed are given again. */
  #reopen(shard: WindowShard, row: number, start: number, watermark: number): void {
    const { every, pane: length } = this.#geometry
    shard.stacks.forget(row, start)
    if (this.#allowedMs === 0) return
    const { u32, f64 } = shard.state
    const until = Math.min(watermark, this.#geometry.lastEnd(start))
    for (let end = this.#geometry.endAfter(start); end <= until; end += every) {
      if (end + this.#allowedMs <= watermark || end >= f64[(row + W.DUE) >>> 1]) continue
      const last = shard.panes.ensure(row, end - length)
      if (last === 0 || (u32[last + W.FLAGS] & W.IS_DIRTY) !== 0) continue
      shard.panes.touch(last)
      if (shard.timers.schedule(row | W.FOR_END, end)) u32[last + W.FLAGS] |= W.IS_DIRTY
    }
  }

  #noteChange(shard: WindowShard, row: number, time: number): void {
    const { state } = shard
    if (state.u32[row + W.CHANGED] === 0) state.put(row + W.CHANGED, 1)
    if (state.f64[(row + W.EARLY) >>> 1] !== Infinity || this.#areEarlyLeftOut()) return
    const tick = (Math.floor(time / this.#earlyMs) + 1) * this.#earlyMs
    if (shard.timers.schedule(row | W.FOR_EARLY, tick)) state.putNumber(row + W.EARLY, tick)
  }

  #serveEnd(shard: WindowShard, row: number, end: number, give: Give): number {
    const isNext = shard.state.f64[(row + W.DUE) >>> 1] === end
    if (!isNext && !this.#isDirty(shard, row, end)) return 0
    const isFirst = this.#give(shard, row, end, false, give)
    if (isFirst && this.#allowedMs > 0) {
      shard.timers.schedule(row | W.FOR_CLEANUP, end + this.#allowedMs)
    }
    if (isNext && !shard.reschedule(row, this.#nextEnd(shard, row, end))) return 1
    if (this.#allowedMs === 0) this.#clean(shard, row, end)
    return 1
  }

  #isDirty({ panes, state }: WindowShard, row: number, end: number): boolean {
    const last = panes.find(row, end - this.#geometry.pane)
    return last !== 0 && (state.u32[last + W.FLAGS] & W.IS_DIRTY) !== 0
  }

  /** Gives a window's result; whether it is its first one in time. */
  #give(shard: WindowShard, row: number, end: number, early: boolean, give: Give): boolean {
    const { panes, state } = shard
    const { size, pane: length } = this.#geometry
    shard.keep(row)
    const last = this.#isCounting ? panes.ensure(row, end - length) : 0
    const revision = last === 0 ? 0 : state.u32[last + W.GIVEN]
    give(shard, row, { start: end - size, end, revision, early }, this.#content(shard, row, end, early))
    if (last === 0) return revision === 0
    panes.touch(last)
    state.u32[last + W.GIVEN]++
    if (early) return false
    const isFirst = (state.u32[last + W.FLAGS] & W.WAS_GIVEN) === 0
    state.u32[last + W.FLAGS] = (state.u32[last + W.FLAGS] & ~W.IS_DIRTY) | W.WAS_GIVEN
    return isFirst
  }

  #content({ panes, stacks }: WindowShard, row: number, end: number, early: boolean): Place {
    const { size, panesPerWindow } = this.#geometry
    if (panesPerWindow === 1) {
      const pane = panes.find(row, end - size)
      if (pane !== 0) return { arena: panes.arena, at: panes.settled(pane) }
    }
    return panesPerWindow > DIRECT_PANES && !early
      ? stacks.between(row, end - size, end)
      : panes.between(row, end - size, end)
  }

  /** End of the first window after `end` that has rows. */
  #nextEnd({ panes, state }: WindowShard, row: number, end: number): number {
    for (let pane = state.u32[row + W.OLDEST]; pane !== 0; pane = state.u32[pane + W.NEWER]) {
      const start = panes.startOf(pane)
      if (panes.hasRows(pane) && this.#geometry.lastEnd(start) > end) {
        return Math.max(end + this.#geometry.every, this.#geometry.endAfter(start))
      }
    }
    return Infinity
  }

  /** Results of the windows that are open, if rows have come since the last ones. */
  #serveEarly(shard: WindowShard, row: number, tick: number, watermark: number, give: Give): number {
    const { state, panes } = shard
    if (state.f64[(row + W.EARLY) >>> 1] !== tick) return 0
    state.putNumber(row + W.EARLY, Infinity)
    state.put(row + W.CHANGED, 0)
    if (this.#areEarlyLeftOut()) return 0
    let given = 0
    for (
      let end = this.#geometry.endAfter(watermark);
      end - this.#geometry.size < tick;
      end += this.#geometry.every
    ) {
      if (!this.#hasRows(shard, row, end)) continue
      this.#give(shard, row, end, true, give)
      given++
    }
    const newest = state.u32[row + W.NEWEST]
    if (newest !== 0 && panes.startOf(newest) >= tick) this.#noteChange(shard, row, panes.startOf(newest))
    return given
  }

  #hasRows({ panes, state }: WindowShard, row: number, end: number): boolean {
    const start = end - this.#geometry.size
    for (let pane = state.u32[row + W.OLDEST]; pane !== 0 && panes.startOf(pane) < end;) {
      if (panes.startOf(pane) >= start && panes.hasRows(pane)) return true
      pane = state.u32[pane + W.NEWER]
    }
    return false
  }

  /** Drops the panes that no window needs any more, from the oldest on, and the key with the last of them. */
  #clean({ panes, table, state }: WindowShard, row: number, time: number): void {
    const past = time - this.#allowedMs
    for (let pane = state.u32[row + W.OLDEST]; pane !== 0; pane = state.u32[row + W.OLDEST]) {
      const start = panes.startOf(pane)
      const last = panes.hasRows(pane) ? this.#geometry.lastEnd(start) : start + this.#geometry.pane
      if (last > past) return
      panes.drop(row, pane)
    }
    table.remove(row)
  }
}
