import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import type { ShardState } from '../state/shard-state.ts'
import { Accumulators } from './accumulators.ts'
import * as C from './columns.layout.ts'
import type { Geometry } from './geometry.ts'
import { PaneColumns } from './pane-columns.ts'
import { RowPlaces } from './row-places.ts'
import { WindowCursor } from './window-cursor.ts'
import type { WindowOperator, WindowOptions, WindowResult } from './window-operator.ts'
import { inTransaction, LONG } from './window-shard.ts'

/** Windows of more panes than this are not given by looking through all of them. */
const MOST_PANES = 8
/** Accumulators larger than this would leave much room unused beside those of few keys. */
const MOST_WORDS = 64

/** From one key to so many rows on, rows of one key and pane are put together only where they follow on each other. */
const MOST_ROWS_ALONE = 3

/**
 * Tumbling and sliding windows of few panes that are given once, over aggregates that need no more than some words: all
 * results of a window are given in one go along the columns of its panes, so nothing is kept by key of when it is due.
 */
export class ColumnWindow implements WindowOperator {
  readonly #node: number
  readonly #geometry: Geometry
  readonly #accumulators: Accumulators
  readonly #places = new RowPlaces()
  readonly #shards = new WeakMap<ShardState, Opened>()
  #last: Opened | undefined

  /** Undefined: the window asks for more. */
  static of(options: WindowOptions, geometry: Geometry): ColumnWindow | undefined {
    const { allowedLatenessMs, earlyEveryMs } = options
    if (allowedLatenessMs > 0 || earlyEveryMs > 0 || geometry.panesPerWindow > MOST_PANES) return undefined
    const accumulators = new Accumulators(options.aggregates)
    const isSmall = !accumulators.hasBlocks && accumulators.words <= MOST_WORDS
    return isSmall ? new ColumnWindow(options.node, geometry, accumulators) : undefined
  }

  private constructor(node: number, geometry: Geometry, accumulators: Accumulators) {
    this.#node = node
    this.#geometry = geometry
    this.#accumulators = accumulators
  }

  take({ state, watermark }: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    const { columns, cursor } = this.#shardOf(state)
    inTransaction(state, () => {
      const places = this.#places
      const { table } = columns
      places.startOn(rows)
      places.find(rows, this.#geometry, watermark, onLate, MOST_ROWS_ALONE * table.keys > rows.count)
      if (places.wantedCount === 0) return
      cursor.begin(watermark)
      table.findAll(rows, places.wanted, places.wantedCount, places.row)
      columns.placeAll(places, rows)
      this.#accumulators.addPlaced(columns.arena, places, rows)
    })
  }

  advance({ state, watermark }: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    const shard = this.#shardOf(state)
    const isOwn = !state.isOpen
    if (!shard.cursor.isDue(watermark)) return true
    try {
      for (let left = limit; shard.cursor.isDue(watermark);) {
        if (!isOwn && state.logFill > LONG) return false
        if (shard.cursor.phase !== C.GIVING) inTransaction(state, () => shard.cursor.step(watermark))
        else {
          left = this.#give(shard, fire, left, isOwn)
          if (left < 0) return false
        }
      }
      return true
    } catch (cause) {
      if (isOwn) state.rollback()
      throw cause
    } finally {
      if (isOwn) state.show()
    }
  }

  /** Gives the results of the window at hand; how many more there may be, or −1 when it has stopped. */
  #give(
    { columns, cursor }: Opened,
    fire: (result: WindowResult) => void,
    limit: number,
    isOwn: boolean,
  ): number {
    const { state, table } = columns
    let left = limit
    cursor.open()
    for (let place = cursor.seek(); place >= 0; place = cursor.seek()) {
      if (left <= 0 || (!isOwn && state.logFill > LONG)) return -1
      if (isOwn) state.begin()
      cursor.put(place + 1)
      const { removed } = table
      fire(cursor.result(place))
      left--
      if (isOwn) state.keep()
      if (table.removed !== removed) cursor.forget()
    }
    inTransaction(state, () => cursor.endGiving())
    return left
  }

  #shardOf(state: ShardState): Opened {
    if (this.#last?.columns.state === state) return this.#last
    let shard = this.#shards.get(state)
    if (shard === undefined) {
      const columns = new PaneColumns(state, this.#node, this.#accumulators)
      shard = { columns, cursor: new WindowCursor(columns, this.#geometry, this.#accumulators) }
      this.#shards.set(state, shard)
    }
    this.#last = shard
    return shard
  }
}

interface Opened {
  readonly columns: PaneColumns
  readonly cursor: WindowCursor
}
