import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import type { Accumulators } from './accumulators.ts'
import { scratch, tableArena } from './arena.ts'
import type { WindowArena } from './arena.ts'
import type { Contribution } from './contribution.ts'
import * as W from './window.layout.ts'

/** Accumulators somewhere. */
export interface Place {
  readonly arena: WindowArena
  readonly at: number
}

/** The panes (or sessions) of a shard's keys: per key a list in the order of their starts, linked both ways. */
export class Panes {
  readonly arena: WindowArena
  readonly state: ShardState
  readonly accumulators: Accumulators
  readonly words: number
  readonly #table: KeyTable

  constructor(state: ShardState, table: KeyTable, accumulators: Accumulators) {
    this.state = state
    this.#table = table
    this.arena = tableArena(state, table)
    this.accumulators = accumulators
    this.words = W.PANE_WORDS + accumulators.words
  }

  startOf(pane: number): number {
    return this.state.f64[pane >>> 1]
  }

  hasRows(pane: number): boolean {
    return (this.state.u32[pane + W.FLAGS] & W.HAS_ROWS) !== 0
  }

  /** The pane that starts there, or 0. */
  find(row: number, start: number): number {
    const pane = this.#notAfter(row, start)
    return pane !== 0 && this.startOf(pane) === start ? pane : 0
  }

  /** The pane that starts there, made if need be; 0 = no room. */
  ensure(row: number, start: number): number {
    const older = this.#notAfter(row, start)
    const isThere = older !== 0 && this.startOf(older) === start
    return isThere ? older : this.insert(row, older, start)
  }

  /** Makes one behind `older` (0 = as the oldest). */
  insert(row: number, older: number, start: number): number {
    const { state } = this
    const pane = this.#table.allocate(this.words)
    if (pane === 0) return 0
    const { u32 } = state
    const newer = older === 0 ? u32[row + W.OLDEST] : u32[older + W.NEWER]
    state.f64[pane >>> 1] = start
    u32[pane + W.OLDER] = older
    u32[pane + W.NEWER] = newer
    u32[pane + W.STAMP] = state.epoch
    state.put(older === 0 ? row + W.OLDEST : older + W.NEWER, pane)
    state.put(newer === 0 ? row + W.NEWEST : newer + W.OLDER, pane)
    return pane
  }

  /** Saves the whole pane, once in a transaction. */
  touch(pane: number): void {
    const { u32, epoch } = this.state
    if (u32[pane + W.STAMP] === epoch) return
    this.state.save(pane, this.words)
    u32[pane + W.STAMP] = epoch
  }

  drop(row: number, pane: number): void {
    const { state } = this
    const { u32 } = state
    const older = u32[pane + W.OLDER]
    const newer = u32[pane + W.NEWER]
    state.put(older === 0 ? row + W.OLDEST : older + W.NEWER, newer)
    state.put(newer === 0 ? row + W.NEWEST : newer + W.OLDER, older)
    if (u32[row + W.CURRENT] === pane) state.put(row + W.CURRENT, 0)
    this.#release(pane)
  }

  /** All that a key's row refers to. */
  dispose(row: number): void {
    const { u32 } = this.state
    for (let pane = u32[row + W.OLDEST]; pane !== 0;) {
      const newer = u32[pane + W.NEWER]
      this.#release(pane)
      pane = newer
    }
    if (u32[row + W.BACK] !== 0) this.releaseAccumulators(u32[row + W.BACK])
  }

  /** The accumulators of a pane, put together from contributions if these have changed. */
  settled(pane: number): number {
    const at = pane + W.PANE_WORDS
    const { u32 } = this.state
    if ((u32[pane + W.FLAGS] & W.IS_STALE) === 0) return at
    this.touch(pane)
    u32[pane + W.FLAGS] &= ~W.IS_STALE
    this.accumulators.clear(this.arena, at)
    for (let part = u32[pane + W.PARTS]; part !== 0; part = u32[part + W.PART_NEXT]) {
      this.accumulators.merge(this.arena, at, this.arena, part + W.PART_WORDS)
    }
    return at
  }

  /** Takes a shard's contribution in, in place of its last one; false when that was not older, or there is no room. */
  takePart(pane: number, { shard, sequence, arena, at }: Contribution): boolean {
    const { u32 } = this.state
    this.touch(pane)
    let link = pane + W.PARTS
    while (u32[link] !== 0 && u32[u32[link] + W.PART_SHARD] < shard) link = u32[link] + W.PART_NEXT
    const part = this.#part(link, shard)
    if (part === 0 || u32[part + W.PART_SEQUENCE] >= sequence) return false
    this.accumulators.clear(this.arena, part + W.PART_WORDS)
    this.accumulators.merge(this.arena, part + W.PART_WORDS, arena, at)
    this.state.put(part + W.PART_SEQUENCE, sequence)
    u32[pane + W.FLAGS] |= W.HAS_ROWS | W.IS_STALE
    return true
  }

  #part(link: number, shard: number): number {
    const { u32 } = this.state
    const next = u32[link]
    if (next !== 0 && u32[next + W.PART_SHARD] === shard) return next
    const part = this.#table.allocate(W.PART_WORDS + this.accumulators.words)
    if (part === 0) return 0
    u32[part + W.PART_NEXT] = next
    u32[part + W.PART_SHARD] = shard
    this.state.put(link, part)
    return part
  }

  /** What is in the panes from `start` to before `end`, in the order of time. */
  between(row: number, start: number, end: number): Place {
    const { u32 } = this.state
    const at = scratch.start(this.accumulators.words)
    const into = scratch.arena
    for (let pane = u32[row + W.OLDEST]; pane !== 0 && this.startOf(pane) < end; pane = u32[pane + W.NEWER]) {
      if (this.startOf(pane) < start || !this.hasRows(pane)) continue
      this.accumulators.merge(into, at, this.arena, this.settled(pane))
    }
    return { arena: into, at }
  }

  releaseAccumulators(at: number): void {
    this.accumulators.dispose(this.arena, at)
    this.state.release(at, this.accumulators.words)
  }

  /** The newest pane that doesn't start after `start`. */
  #notAfter(row: number, start: number): number {
    const { u32 } = this.state
    let pane = u32[row + W.NEWEST]
    while (pane !== 0 && this.startOf(pane) > start) pane = u32[pane + W.OLDER]
    return pane
  }

  #release(pane: number): void {
    const { u32 } = this.state
    this.accumulators.dispose(this.arena, pane + W.PANE_WORDS)
    if (u32[pane + W.SUFFIX] !== 0) this.releaseAccumulators(u32[pane + W.SUFFIX])
    for (let part = u32[pane + W.PARTS]; part !== 0;) {
      const next = u32[part + W.PART_NEXT]
      this.accumulators.dispose(this.arena, part + W.PART_WORDS)
      this.state.release(part, W.PART_WORDS + this.accumulators.words)
      part = next
    }
    this.state.release(pane, this.words)
  }
}
