import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import { Accumulators } from './accumulators.ts'
import { Geometry } from './geometry.ts'
import { ItemPanes } from './item-panes.ts'
import type { Place } from './panes.ts'
import * as W from './window.layout.ts'
import type { WindowOperator, WindowOptions, WindowResult } from './window-operator.ts'
import { serveDue, WindowShards } from './window-shard.ts'
import type { WindowShard } from './window-shard.ts'

const DIRECT_PANES = 8

/**
 * A result for every `every` items of a key over its last `count` (fewer at the beginning), in the order they came in:
 * sliding windows whose time is the number of the item. No item is late.
 */
export class CountWindow implements WindowOperator {
  readonly #geometry: Geometry
  readonly #accumulators: Accumulators
  readonly #shards: WindowShards
  readonly #panes: ItemPanes

  constructor({ node, aggregates }: WindowOptions, count: number, every: number) {
    this.#geometry = new Geometry(count, every, 0)
    this.#accumulators = new Accumulators(aggregates)
    this.#shards = new WindowShards(node, this.#accumulators)
    this.#panes = new ItemPanes(this.#accumulators, this.#geometry)
  }

  take(scope: ShardScope, rows: KeyedRows): void {
    this.#panes.take(this.#shards.of(scope.state), rows)
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    const shard = this.#shards.of(scope.state)
    return serveDue(shard, scope, limit, (row) => this.#serve(shard, row, fire))
  }

  #serve(shard: WindowShard, row: number, fire: (result: WindowResult) => void): number {
    if (shard.state.f64[(row + W.DUE) >>> 1] !== -Infinity) return 0
    shard.keep(row)
    const end = this.#panes.nextEnd(shard, row)
    const { start, end: last } = this.#panes.times(shard, row, end - this.#geometry.size, end)
    const { arena, at } = this.#content(shard, row, end)
    const values = this.#accumulators.results(arena, at)
    fire({ ...shard.keyOf(row), start, end: last, revision: 0, early: false, values })
    this.#panes.wasGiven(shard, row, end)
    return 1
  }

  #content({ panes, stacks }: WindowShard, row: number, end: number): Place {
    const start = end - this.#geometry.size
    const isLong = this.#geometry.panesPerWindow > DIRECT_PANES
    return isLong ? stacks.between(row, start, end) : panes.between(row, start, end)
  }
}
