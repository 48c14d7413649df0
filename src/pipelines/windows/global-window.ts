import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import { Accumulators } from './accumulators.ts'
import { Geometry } from './geometry.ts'
import { ItemPanes } from './item-panes.ts'
import { RowPlaces } from './row-places.ts'
import * as W from './window.layout.ts'
import type { WindowOperator, WindowOptions, WindowResult } from './window-operator.ts'
import { inTransaction, serveDue, WindowShards } from './window-shard.ts'
import type { WindowShard } from './window-shard.ts'

/**
 * What a running aggregate shares: panes that have been closed are merged into the key's base (BACK) and dropped; the base is
 * the result. BACK_END and FLIP hold first and last time.
 */
function mergeIntoBase(shard: WindowShard, row: number, pane: number): boolean {
  const { state, panes } = shard
  const { u32, f64 } = state
  const { accumulators, arena } = panes
  const isFirst = u32[row + W.BACK] === 0
  if (isFirst) state.put(row + W.BACK, shard.table.allocate(accumulators.words))
  const base = u32[row + W.BACK]
  if (base === 0) return false
  state.save(base, accumulators.words)
  accumulators.merge(arena, base, arena, pane + W.PANE_WORDS)
  const [first, last] = [f64[(pane + W.FIRST) >>> 1], f64[(pane + W.LAST) >>> 1]]
  state.putNumber(row + W.BACK_END, isFirst ? first : Math.min(first, f64[(row + W.BACK_END) >>> 1]))
  state.putNumber(row + W.FLIP, isFirst ? last : Math.max(last, f64[(row + W.FLIP) >>> 1]))
  return true
}

function baseResult(shard: WindowShard, row: number): Omit<WindowResult, 'end'> {
  const { u32, f64 } = shard.state
  const values = shard.panes.accumulators.results(shard.panes.arena, u32[row + W.BACK])
  return { ...shard.keyOf(row), start: f64[(row + W.BACK_END) >>> 1], revision: 0, early: false, values }
}

/** Everything since the beginning; a result for every `every` items of a key, from its first time to its last. */
export class CountTrigger implements WindowOperator {
  readonly #shards: WindowShards
  readonly #panes: ItemPanes

  constructor({ node, aggregates }: WindowOptions, every: number) {
    const accumulators = new Accumulators(aggregates)
    this.#shards = new WindowShards(node, accumulators)
    this.#panes = new ItemPanes(accumulators, new Geometry(every, every, 0))
  }

  take(scope: ShardScope, rows: KeyedRows): void {
    this.#panes.take(this.#shards.of(scope.state), rows)
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    const shard = this.#shards.of(scope.state)
    return serveDue(shard, scope, limit, (row) => this.#serve(shard, row, fire))
  }

  #serve(shard: WindowShard, row: number, fire: (result: WindowResult) => void): number {
    const { state } = shard
    if (state.f64[(row + W.DUE) >>> 1] !== -Infinity) return 0
    shard.keep(row)
    const isMerged = mergeIntoBase(shard, row, state.u32[row + W.OLDEST])
    if (isMerged) fire({ ...baseResult(shard, row), end: state.f64[(row + W.FLIP) >>> 1] })
    this.#panes.wasGiven(shard, row, this.#panes.nextEnd(shard, row))
    return isMerged ? 1 : 0
  }
}

/**
 * Everything since the beginning; for every `everyMs` of event time that brought rows a result from the first time to the
 * end of that span. Rows that are behind the watermark count for the span that is open: none is late.
 */
export class TimeTrigger implements WindowOperator {
  readonly #geometry: Geometry
  readonly #accumulators: Accumulators
  readonly #shards: WindowShards
  readonly #places = new RowPlaces()

  /** `pair`: 1 beside a CountTrigger of the same stage. */
  constructor({ node, aggregates }: WindowOptions, everyMs: number, pair = 0) {
    this.#geometry = new Geometry(everyMs, everyMs, 0)
    this.#accumulators = new Accumulators(aggregates)
    this.#shards = new WindowShards(node, this.#accumulators, pair)
  }

  take({ state, watermark }: ShardScope, rows: KeyedRows): void {
    const shard = this.#shards.of(state)
    const places = this.#places
    inTransaction(state, () => {
      places.startOn(rows)
      places.wantAll(rows)
      shard.table.findAll(rows, places.wanted, rows.count, places.row)
      for (let i = 0; i < rows.count; i++) {
        const row = places.row[i]
        places.at[i] = row === 0 ? 0 : this.#place(shard, row, rows.time[i], watermark)
      }
      this.#accumulators.addAll(shard.panes.arena, places.at, 0, rows.count, rows.time, rows.inputs)
    })
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    const shard = this.#shards.of(scope.state)
    return serveDue(shard, scope, limit, (row, _, end) => this.#serve(shard, row, end, fire))
  }

  #place(shard: WindowShard, row: number, time: number, watermark: number): number {
    const { panes, state } = shard
    const { u32, f64 } = state
    const start = this.#geometry.paneOf(Math.max(time, watermark))
    const pane = panes.ensure(row, start)
    if (pane === 0) return 0
    const isNew = !panes.hasRows(pane)
    if (isNew && !shard.scheduleEnd(row, start + this.#geometry.pane)) {
      panes.drop(row, pane)
      return 0
    }
    panes.touch(pane)
    u32[pane + W.FLAGS] |= W.HAS_ROWS
    f64[(pane + W.FIRST) >>> 1] = isNew ? time : Math.min(time, f64[(pane + W.FIRST) >>> 1])
    f64[(pane + W.LAST) >>> 1] = isNew ? time : Math.max(time, f64[(pane + W.LAST) >>> 1])
    return pane + W.PANE_WORDS
  }

  #serve(shard: WindowShard, row: number, end: number, fire: (result: WindowResult) => void): number {
    const { state, panes } = shard
    if (state.f64[(row + W.DUE) >>> 1] !== end) return 0
    shard.keep(row)
    const pane = state.u32[row + W.OLDEST]
    const isMerged = mergeIntoBase(shard, row, pane)
    if (isMerged) fire({ ...baseResult(shard, row), end })
    panes.drop(row, pane)
    const next = state.u32[row + W.OLDEST]
    shard.reschedule(row, next === 0 ? Infinity : panes.startOf(next) + this.#geometry.pane)
    return isMerged ? 1 : 0
  }
}

/** Both triggers, each over everything. */
export class BothTriggers implements WindowOperator {
  readonly #byCount: CountTrigger
  readonly #byTime: TimeTrigger

  constructor(options: WindowOptions, everyCount: number, everyMs: number) {
    this.#byCount = new CountTrigger(options, everyCount)
    this.#byTime = new TimeTrigger(options, everyMs, 1)
  }

  take(scope: ShardScope, rows: KeyedRows): void {
    inTransaction(scope.state, () => {
      this.#byCount.take(scope, rows)
      this.#byTime.take(scope, rows)
    })
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    return this.#byCount.advance(scope, fire, limit) && this.#byTime.advance(scope, fire, limit)
  }
}
