import type { AggregateResult } from '../aggregates/aggregate.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_HIGH, ROW_LOW, ROW_STAMP } from '../state/state.layout.ts'
import { Timers } from '../state/timers.ts'
import type { Accumulators } from './accumulators.ts'
import { Panes } from './panes.ts'
import { TwoStacks } from './two-stacks.ts'
import type { GivenWindow, WindowResult } from './window-operator.ts'
import * as W from './window.layout.ts'

/** A window's tables in one shard, opened. */
export class WindowShard {
  readonly state: ShardState
  readonly table: KeyTable
  readonly timers: Timers
  readonly panes: Panes
  readonly stacks: TwoStacks

  constructor(state: ShardState, node: number, accumulators: Accumulators, pair: number) {
    this.state = state
    this.table = state.table(
      node,
      {
        words: W.KEY_WORDS,
        isEvictable: true,
        init: (row) => this.#init(row),
        dispose: (row) => this.panes.dispose(row),
      },
      2 * pair,
    )
    this.timers = new Timers(state, node, 2 * pair + 1)
    this.panes = new Panes(state, this.table, accumulators)
    this.stacks = new TwoStacks(this.panes)
  }

  /** Schedules the key for `end` unless it is for an earlier one; false = no room. */
  scheduleEnd(row: number, end: number): boolean {
    if (end >= this.state.f64[(row + W.DUE) >>> 1]) return true
    if (!this.timers.schedule(row | W.FOR_END, end)) return false
    this.state.putNumber(row + W.DUE, end)
    return true
  }

  /** Sets when the key is due next. A key that cannot be scheduled gives way: nobody would ever come back to it; then false. */
  reschedule(row: number, end: number): boolean {
    this.state.putNumber(row + W.DUE, Infinity)
    if (end === Infinity || this.scheduleEnd(row, end)) return true
    this.table.remove(row)
    return false
  }

  keyOf(row: number): { low: number; high: number; text: string | undefined } {
    const { u32 } = this.state
    return { low: u32[row + ROW_LOW], high: u32[row + ROW_HIGH], text: this.table.textOf(row) }
  }

  /** Field by field: spreading objects together took most of the time of firing. */
  result(row: number, window: GivenWindow, values: readonly AggregateResult[]): WindowResult {
    const { u32 } = this.state
    return {
      low: u32[row + ROW_LOW],
      high: u32[row + ROW_HIGH],
      text: this.table.textOf(row),
      start: window.start,
      end: window.end,
      revision: window.revision,
      early: window.early,
      values,
    }
  }

  /** The open transaction uses the key: it doesn't give way to others. */
  keep(row: number): void {
    this.state.u32[row + ROW_STAMP] = this.state.epoch
  }

  #init(row: number): void {
    this.state.f64[(row + W.DUE) >>> 1] = Infinity
    this.state.f64[(row + W.EARLY) >>> 1] = Infinity
  }
}

/** The shards that a thread has worked on so far. */
export class WindowShards {
  readonly #open: (state: ShardState) => WindowShard
  readonly #shards = new WeakMap<ShardState, WindowShard>()
  #last: WindowShard | undefined

  constructor(node: number, accumulators: Accumulators, pair = 0) {
    this.#open = (state) => new WindowShard(state, node, accumulators, pair)
  }

  of(state: ShardState): WindowShard {
    if (this.#last?.state === state) return this.#last
    let shard = this.#shards.get(state)
    if (shard === undefined) {
      shard = this.#open(state)
      this.#shards.set(state, shard)
    }
    this.#last = shard
    return shard
  }
}

/** Works in the open transaction or in one of its own, which is undone when the work throws. */
export function inTransaction(state: ShardState, work: () => void): void {
  const isOwn = state.begin()
  try {
    work()
  } catch (cause) {
    if (isOwn) state.rollback()
    throw cause
  }
  if (isOwn) state.commit()
}

/** Beyond this share of the undo log a transaction is to end. */
export const LONG = 0.5

/**
 * Serves the entries that the watermark has passed, each in a transaction of its own when none is open. `serve` says how
 * many results it gave. False when it stopped before all were served.
 */
export function serveDue(
  shard: WindowShard,
  { watermark, state }: ShardScope,
  limit: number,
  serve: (row: number, purpose: number, time: number) => number,
): boolean {
  const { timers, table } = shard
  const isOwn = !state.isOpen
  if (!isDue(timers, watermark)) return true
  try {
    for (let given = 0; isDue(timers, watermark);) {
      if (given >= limit || (!isOwn && state.logFill > LONG)) return false
      if (isOwn) state.begin()
      const entry = timers.take(watermark)
      const row = entry & ~W.PURPOSE
      if (entry !== 0 && table.isRow(row)) given += serve(row, entry & W.PURPOSE, timers.taken)
      if (isOwn) state.keep()
    }
    return true
  } catch (cause) {
    if (isOwn) state.rollback()
    throw cause
  } finally {
    if (isOwn) state.show()
  }
}

const isDue = ({ earliest }: Timers, watermark: number): boolean =>
  earliest <= watermark && earliest !== Infinity
