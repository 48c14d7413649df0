import type { AggregateResult } from '../aggregates/aggregate.ts'
import type { WindowSpec } from '../definition/window-spec.ts'
import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { WindowAggregate } from './accumulators.ts'

/** What a window gives for one group. */
export interface WindowResult {
  /** The group's key, as in KeyedRows. */
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  /** Event time; of a session the first reading and the gap behind the last, of count windows first and last reading. */
  readonly start: number
  readonly end: number
  /** Results of the same group and window given before: with those (start and end) it says which result this is. */
  readonly revision: number
  /** Given before the end. */
  readonly early: boolean
  /** In the order of the aggregates. */
  readonly values: readonly AggregateResult[]
}

/** Which of a group's results it is. */
export interface GivenWindow {
  readonly start: number
  readonly end: number
  readonly revision: number
  readonly early: boolean
}

export interface WindowOptions {
  /** Number of the stage among those with state: 0 … MAX_NODES − 1. */
  readonly node: number
  readonly window: WindowSpec
  readonly aggregates: readonly WindowAggregate[]
  readonly allowedLatenessMs: number
  readonly earlyEveryMs: number
  /** While it says so, no results are given before the end; never, where nothing is said. */
  readonly areEarlyLeftOut?: (() => boolean) | undefined
}

/**
 * A window over one shard's groups. Both calls work in the transaction that is open, or in one of their own. `advance` is
 * to have said true for a watermark before rows are taken with it as the scope's.
 */
export interface WindowOperator {
  /** Phase B. `onLate` is told the numbers of the rows (0 … count − 1) that no open window is left for. */
  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void
  /**
   * Phase C: gives what the scope's watermark has passed. A result counts as given when `fire` has returned and the
   * transaction is committed (without an open one: after each result). False: it has stopped, after `limit` results or
   * because the open transaction has become long; commit and call again.
   */
  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit?: number): boolean
}
