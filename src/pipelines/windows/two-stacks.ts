import { scratch } from './arena.ts'
import type { Panes, Place } from './panes.ts'
import * as W from './window.layout.ts'

/**
 * A sliding aggregate over many panes with amortised two merges per step, for aggregates that cannot be subtracted: panes
 * before `flip` keep what they and the newer ones before `flip` hold together (suffix), the others are in `back`. When no
 * pane before `flip` is left in the window, all of them get suffixes anew. (Two-stacks: K. Tangwongsan, M. Hirzel,
 * S. Schneider, "Low-latency sliding-window aggregation in worst-case constant time", DEBS 2017, section 3.)
 */
export class TwoStacks {
  readonly #panes: Panes

  constructor(panes: Panes) {
    this.#panes = panes
  }

  /** A pane that may be in the stacks has changed. */
  forget(row: number, start: number): void {
    const { u32, f64 } = this.#panes.state
    if (u32[row + W.STACKED] === 1 && start < f64[(row + W.BACK_END) >>> 1]) {
      this.#panes.state.put(row + W.STACKED, 0)
    }
  }

  /** What is from `start` to before `end`, for ends that only grow; earlier ones are put together pane by pane. */
  between(row: number, start: number, end: number): Place {
    const { u32, f64 } = this.#panes.state
    const isStacked = u32[row + W.STACKED] === 1
    if (isStacked && end < f64[(row + W.BACK_END) >>> 1]) return this.#panes.between(row, start, end)
    const oldest = this.#oldest(row, start)
    if (isStacked && oldest !== 0 && this.#panes.startOf(oldest) < f64[(row + W.FLIP) >>> 1]) {
      this.#extend(row, end)
      return this.#both(row, u32[oldest + W.SUFFIX])
    }
    return this.#flip(row, start, end) ? this.#only(oldest) : this.#panes.between(row, start, end)
  }

  #oldest(row: number, start: number): number {
    const { u32 } = this.#panes.state
    let pane = u32[row + W.OLDEST]
    while (pane !== 0 && this.#panes.startOf(pane) < start) pane = u32[pane + W.NEWER]
    return pane
  }

  #only(pane: number): Place {
    return { arena: this.#panes.arena, at: this.#panes.state.u32[pane + W.SUFFIX] }
  }

  #both(row: number, suffix: number): Place {
    const { accumulators, arena, state } = this.#panes
    const at = scratch.start(accumulators.words)
    accumulators.merge(scratch.arena, at, arena, suffix)
    accumulators.merge(scratch.arena, at, arena, state.u32[row + W.BACK])
    return { arena: scratch.arena, at }
  }

  /** Takes what is before `end` and not yet in it into `back`. */
  #extend(row: number, end: number): void {
    const { state, accumulators, arena } = this.#panes
    const { u32, f64 } = state
    const from = f64[(row + W.BACK_END) >>> 1]
    let pane = u32[row + W.NEWEST]
    while (pane !== 0 && this.#panes.startOf(pane) >= from) pane = u32[pane + W.OLDER]
    pane = pane === 0 ? u32[row + W.OLDEST] : u32[pane + W.NEWER]
    state.save(u32[row + W.BACK], accumulators.words)
    for (; pane !== 0 && this.#panes.startOf(pane) < end; pane = u32[pane + W.NEWER]) {
      if (this.#panes.hasRows(pane)) {
        accumulators.merge(arena, u32[row + W.BACK], arena, this.#panes.settled(pane))
      }
    }
    state.putNumber(row + W.BACK_END, end)
  }

  /** Suffixes for all panes from `start` to before `end`; false when there is none, or no room. */
  #flip(row: number, start: number, end: number): boolean {
    const { state, accumulators, arena } = this.#panes
    const { u32 } = state
    state.put(row + W.STACKED, 0)
    if (!this.#ensure(row + W.BACK)) return false
    accumulators.clear(arena, u32[row + W.BACK])
    let pane = u32[row + W.NEWEST]
    while (pane !== 0 && this.#panes.startOf(pane) >= end) pane = u32[pane + W.OLDER]
    if (pane === 0 || this.#panes.startOf(pane) < start) return false
    for (let newer = 0; pane !== 0 && this.#panes.startOf(pane) >= start; pane = u32[pane + W.OLDER]) {
      if (!this.#ensure(pane + W.SUFFIX)) return false
      const suffix = u32[pane + W.SUFFIX]
      accumulators.clear(arena, suffix)
      if (this.#panes.hasRows(pane)) accumulators.merge(arena, suffix, arena, this.#panes.settled(pane))
      if (newer !== 0) accumulators.merge(arena, suffix, arena, newer)
      newer = suffix
    }
    state.putNumber(row + W.FLIP, end)
    state.putNumber(row + W.BACK_END, end)
    state.put(row + W.STACKED, 1)
    return true
  }

  #ensure(word: number): boolean {
    const { state, accumulators, arena } = this.#panes
    if (state.u32[word] === 0) state.put(word, arena.allocate(accumulators.words))
    return state.u32[word] !== 0
  }
}
