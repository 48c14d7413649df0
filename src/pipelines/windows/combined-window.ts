import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import { Accumulators } from './accumulators.ts'
import { Geometry } from './geometry.ts'
import { PaneWindow } from './pane-window.ts'
import type { Place } from './panes.ts'
import * as W from './window.layout.ts'
import type { WindowOptions, WindowResult } from './window-operator.ts'
import type { WindowShard } from './window-shard.ts'

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
    const { node, allowedLatenessMs: allowedMs } = options
    this.#accumulators = new Accumulators(options.aggregates)
    const pane = new Geometry(geometry.pane, geometry.pane, geometry.offset)
    // as long as a later window with the pane in it is open, rows for it are not late
    const neededMs = geometry.size - geometry.pane + allowedMs
    this.#shards = new PaneWindow(node, pane, this.#accumulators, neededMs, options, true)
    this.#combined = new PaneWindow(node, geometry, this.#accumulators, allowedMs, options)
  }

  /** Phase B, in a shard's part. */
  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    this.#shards.take(scope, rows, onLate)
  }

  /**
   * Phase C: what the shard's watermark has passed goes to COMBINED; the caller holds both claims. `combined.watermark` is
   * the least of all shards that are not idle, as last told to `advance`. `onLate` is told how many rows of a pane are lost,
   * because the last window with it was given while the shard was idle. False: stopped, call again.
   */
  handOver(
    scope: ShardScope,
    combined: ShardScope,
    onLate: (rows: number) => void,
    limit = Infinity,
  ): boolean {
    return this.#shards.advance(
      scope,
      (shard, row, { start, revision }, place) => {
        const { arena, at } = place
        const key = shard.keyOf(row)
        const sequence = revision + 1
        const part = { ...key, start, shard: scope.shard, sequence, arena, at }
        const isInTime = this.#combined.contribute(combined, part)
        const rows = rowsSince(shard, place)
        if (!isInTime && rows > 0) onLate(rows)
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

/** Rows that came to the pane since it was last handed over. */
function rowsSince({ panes, state }: WindowShard, { arena, at }: Place): number {
  if (arena !== panes.arena) return 0
  const pane = at - W.PANE_WORDS
  const rows = state.u32[pane + W.ROWS]
  if (rows > 0) {
    panes.touch(pane)
    state.u32[pane + W.ROWS] = 0
  }
  return rows
}
