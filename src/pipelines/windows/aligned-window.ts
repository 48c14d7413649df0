import { Accumulators } from './accumulators.ts'
import { Geometry } from './geometry.ts'
import { PaneWindow } from './pane-window.ts'
import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { WindowOperator, WindowOptions, WindowResult } from './window-operator.ts'

/** Tumbling and sliding windows over groups that stay within a shard. */
export class AlignedWindow implements WindowOperator {
  readonly #accumulators: Accumulators
  readonly #window: PaneWindow

  constructor(options: WindowOptions, geometry: Geometry) {
    this.#accumulators = new Accumulators(options.aggregates)
    const { node, allowedLatenessMs } = options
    this.#window = new PaneWindow(node, geometry, this.#accumulators, allowedLatenessMs, options)
  }

  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    this.#window.take(scope, rows, onLate)
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    return this.#window.advance(
      scope,
      (shard, row, window, { arena, at }) => {
        fire(shard.result(row, window, this.#accumulators.results(arena, at)))
      },
      limit,
    )
  }
}
