import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import { Accumulators } from './accumulators.ts'
import { Geometry } from './geometry.ts'
import { PaneWindow } from './pane-window.ts'
import type { WindowOptions, WindowResult } from './window-operator.ts'

/**
 * Tumbling and sliding windows over groups of all shards, in two levels. A shard keeps panes; when its watermark has
 * passed one, `handOver` puts what it holds into the pane of the group in COMBINED: as its own contribution there, beside
 * those of other shards and in place of an earlier one of its own (rows within the allowed lateness, early results). So
 * handing over again, after a death or a recovery, changes nothing, and what is added up doesn't depend on who came first.
 */
export class CombinedWindow {
  readonly #accumulators: Accumulators
  readonly #shards: PaneWindow
  readonly #combined: PaneWindow

  constructor(options: WindowOptions, geometry: Geometry) {
    const { node, allowedLatenessMs: allowedMs, earlyEveryMs: earlyMs } = options
    this.#accumulators = new Accumulators(options.aggregates)
    const pane = new Geometry(geometry.pane, geometry.pane, geometry.offset)
    // as long as a later window with the pane in it is open, rows for it are not late
    const neededMs = geometry.size - geometry.pane + allowedMs
    this.#shards = new PaneWindow(node, pane, this.#accumulators, neededMs, earlyMs)
    this.#combined = new PaneWindow(node, geometry, this.#accumulators, allowedMs, earlyMs)
  }

  /** Phase B, in a shard's part. */
  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    this.#shards.take(scope, rows, onLate)
  }

  /**
   * Phase C: what the shard's watermark has passed goes to COMBINED; the caller holds both claims. `combined.watermark` is
   * the least of all shards that are not idle, as last told to `advance`. False: stopped, call again.
   */
  handOver(scope: ShardScope, combined: ShardScope, limit = Infinity): boolean {
    return this.#shards.advance(
      scope,
      (shard, row, { start, revision }, { arena, at }) => {
        const key = shard.keyOf(row)
        const sequence = revision + 1
        this.#combined.contribute(combined, { ...key, start, shard: scope.shard, sequence, arena, at })
      },
      limit,
    )
  }

  /** Phase C, in COMBINED: gives what the least watermark of all shards that are not idle has passed. */
  advance(combined: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    return this.#combined.advance(
      combined,
      (shard, row, window, { arena, at }) => {
        fire(shard.result(row, window, this.#accumulators.results(arena, at)))
      },
      limit,
    )
  }
}
