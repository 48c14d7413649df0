import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { ShardScope } from '../runtime/operator.ts'
import { Accumulators } from './accumulators.ts'
import { RowPlaces } from './row-places.ts'
import * as W from './window.layout.ts'
import type { WindowOperator, WindowOptions, WindowResult } from './window-operator.ts'
import { inTransaction, serveDue, WindowShards } from './window-shard.ts'
import type { WindowShard } from './window-shard.ts'

/**
 * Runs of a key's rows with less than `gapMs` between neighbours; from the first row to the gap behind the last. A row
 * between two sessions makes them one. A session is given when the watermark passes its end, and kept while lateness is
 * allowed; a row that comes to it then makes it be given again.
 */
export class SessionWindow implements WindowOperator {
  readonly #gapMs: number
  readonly #allowedMs: number
  readonly #earlyMs: number
  readonly #areEarlyLeftOut: () => boolean
  readonly #accumulators: Accumulators
  readonly #shards: WindowShards
  readonly #places = new RowPlaces()

  constructor(options: WindowOptions, gapMs: number) {
    const { node, aggregates, allowedLatenessMs, earlyEveryMs, areEarlyLeftOut = () => false } = options
    this.#gapMs = gapMs
    this.#allowedMs = allowedLatenessMs
    this.#earlyMs = earlyEveryMs
    this.#areEarlyLeftOut = areEarlyLeftOut
    this.#accumulators = new Accumulators(aggregates)
    this.#shards = new WindowShards(node, this.#accumulators)
  }

  /** Row after row: one may change what sessions there are for the next. */
  take(scope: ShardScope, rows: KeyedRows, onLate: (row: number) => void): void {
    const shard = this.#shards.of(scope.state)
    inTransaction(scope.state, () => {
      this.#places.startOn(rows)
      for (let i = 0; i < rows.count; i++) this.#takeRow(shard, scope.watermark, rows, i, onLate)
    })
  }

  advance(scope: ShardScope, fire: (result: WindowResult) => void, limit = Infinity): boolean {
    const shard = this.#shards.of(scope.state)
    return serveDue(shard, scope, limit, (row, purpose, time) => {
      shard.keep(row)
      if (purpose === W.FOR_EARLY) return this.#serveEarly(shard, row, time, scope.watermark, fire)
      if (purpose === W.FOR_CLEANUP) return this.#clean(shard, row, time)
      return this.#serveEnd(shard, row, time, scope.watermark, fire)
    })
  }

  #takeRow(
    shard: WindowShard,
    watermark: number,
    rows: KeyedRows,
    i: number,
    onLate: (row: number) => void,
  ): void {
    const time = rows.time[i]
    const known = shard.table.find(rows.keyLow[i], rows.keyHigh[i])
    const isPast = time + this.#gapMs + this.#allowedMs <= watermark
    if (isPast && (known === 0 || this.#near(shard, known, time) === 0)) {
      onLate(i)
      return
    }
    const row = shard.table.findOrAdd(rows.keyLow[i], rows.keyHigh[i], rows.keyText[i])
    const session = row === 0 ? 0 : this.#sessionFor(shard, row, time)
    if (session === 0) return
    shard.panes.touch(session)
    this.#extend(shard, session, time)
    this.#addRow(shard, session, rows, i)
    this.#join(shard, row, session)
    this.#schedule(shard, row, session, watermark)
    if (this.#earlyMs > 0) this.#noteChange(shard, row, Math.max(time, watermark))
  }

  /** The first session that the time is part of, or 0. */
  #near({ panes, state }: WindowShard, row: number, time: number): number {
    const { u32, f64 } = state
    let found = 0
    for (let session = u32[row + W.NEWEST]; session !== 0; session = u32[session + W.OLDER]) {
      if (f64[(session + W.LAST) >>> 1] + this.#gapMs <= time) break
      if (panes.startOf(session) - this.#gapMs < time) found = session
    }
    return found
  }

  #sessionFor(shard: WindowShard, row: number, time: number): number {
    const near = this.#near(shard, row, time)
    if (near !== 0) return near
    const { u32, f64 } = shard.state
    let older = u32[row + W.NEWEST]
    while (older !== 0 && shard.panes.startOf(older) > time) older = u32[older + W.OLDER]
    const session = shard.panes.insert(row, older, time)
    if (session !== 0) f64[(session + W.LAST) >>> 1] = time
    return session
  }

  #extend({ panes, state }: WindowShard, session: number, time: number): void {
    if (time < panes.startOf(session)) state.f64[session >>> 1] = time
    if (time > state.f64[(session + W.LAST) >>> 1]) state.f64[(session + W.LAST) >>> 1] = time
    state.u32[session + W.FLAGS] |= W.HAS_ROWS | W.IS_DIRTY
  }

  #addRow({ panes }: WindowShard, session: number, rows: KeyedRows, i: number): void {
    const { at } = this.#places
    at[i] = session + W.PANE_WORDS
    this.#accumulators.addAll(panes.arena, at, i, i + 1, rows.time, rows.inputs)
  }

  /** Puts the next session into this one while they touch. */
  #join({ panes, state }: WindowShard, row: number, session: number): void {
    const { u32, f64 } = state
    const last = (session + W.LAST) >>> 1
    for (let next = u32[session + W.NEWER]; next !== 0; next = u32[session + W.NEWER]) {
      if (panes.startOf(next) - f64[last] >= this.#gapMs) return
      panes.accumulators.merge(panes.arena, session + W.PANE_WORDS, panes.arena, next + W.PANE_WORDS)
      f64[last] = Math.max(f64[last], f64[(next + W.LAST) >>> 1])
      u32[session + W.GIVEN] = Math.max(u32[session + W.GIVEN], u32[next + W.GIVEN])
      panes.drop(row, next)
    }
  }

  /** A key that cannot be scheduled loses the session. */
  #schedule(shard: WindowShard, row: number, session: number, watermark: number): void {
    const end = Math.max(this.#endOf(shard, session), watermark)
    if (!shard.scheduleEnd(row, end)) shard.panes.drop(row, session)
  }

  #endOf({ state }: WindowShard, session: number): number {
    return state.f64[(session + W.LAST) >>> 1] + this.#gapMs
  }

  #serveEnd(
    shard: WindowShard,
    row: number,
    time: number,
    watermark: number,
    fire: (result: WindowResult) => void,
  ): number {
    const { state } = shard
    if (state.f64[(row + W.DUE) >>> 1] !== time) return 0
    let [given, next] = [0, Infinity]
    for (let session = state.u32[row + W.OLDEST]; session !== 0;) {
      const newer = state.u32[session + W.NEWER]
      const isDirty = (state.u32[session + W.FLAGS] & W.IS_DIRTY) !== 0
      const end = this.#endOf(shard, session)
      if (isDirty && end <= time) {
        this.#give(shard, row, session, false, fire)
        given++
        if (this.#allowedMs === 0) shard.panes.drop(row, session)
        else shard.timers.schedule(row | W.FOR_CLEANUP, Math.max(end + this.#allowedMs, watermark))
      } else if (isDirty) next = Math.min(next, end)
      session = newer
    }
    if (shard.reschedule(row, next) && state.u32[row + W.OLDEST] === 0) shard.table.remove(row)
    return given
  }

  #give(
    shard: WindowShard,
    row: number,
    session: number,
    early: boolean,
    fire: (result: WindowResult) => void,
  ): void {
    const { panes, state } = shard
    const values = this.#accumulators.results(panes.arena, session + W.PANE_WORDS)
    const window = { start: panes.startOf(session), end: this.#endOf(shard, session) }
    fire({ ...shard.keyOf(row), ...window, revision: state.u32[session + W.GIVEN], early, values })
    panes.touch(session)
    state.u32[session + W.GIVEN]++
    if (!early) state.u32[session + W.FLAGS] &= ~W.IS_DIRTY
  }

  #noteChange(shard: WindowShard, row: number, time: number): void {
    const { state } = shard
    if (state.f64[(row + W.EARLY) >>> 1] !== Infinity || this.#areEarlyLeftOut()) return
    const tick = (Math.floor(time / this.#earlyMs) + 1) * this.#earlyMs
    if (shard.timers.schedule(row | W.FOR_EARLY, tick)) state.putNumber(row + W.EARLY, tick)
  }

  #serveEarly(
    shard: WindowShard,
    row: number,
    tick: number,
    watermark: number,
    fire: (result: WindowResult) => void,
  ): number {
    const { state, panes } = shard
    if (state.f64[(row + W.EARLY) >>> 1] !== tick) return 0
    state.putNumber(row + W.EARLY, Infinity)
    if (this.#areEarlyLeftOut()) return 0
    let given = 0
    for (let session = state.u32[row + W.OLDEST]; session !== 0; session = state.u32[session + W.NEWER]) {
      const isOpen = this.#endOf(shard, session) > watermark
      if (!isOpen) continue
      if (panes.startOf(session) >= tick) {
        this.#noteChange(shard, row, panes.startOf(session))
        continue
      }
      this.#give(shard, row, session, true, fire)
      given++
    }
    return given
  }

  #clean(shard: WindowShard, row: number, time: number): number {
    const { state } = shard
    for (let session = state.u32[row + W.OLDEST]; session !== 0;) {
      const newer = state.u32[session + W.NEWER]
      const isPast = this.#endOf(shard, session) + this.#allowedMs <= time
      if (isPast && (state.u32[session + W.FLAGS] & W.IS_DIRTY) === 0) shard.panes.drop(row, session)
      session = newer
    }
    if (state.u32[row + W.OLDEST] === 0) shard.table.remove(row)
    return 0
  }
}
