/**
 * Raises an alert when an item says so, once per key: further such items update it, and one that says `clear` (without a
 * `clear`: one for which `when` no longer holds) ends it; in between it stays. With `for` it is raised only when `when` has
 * held so long in event time: from an item for which it held to one for which it didn't, or to the watermark. The moment is
 * the same whichever of the two tells it. Items older than the latest one of a key that is waiting or raised are left aside.
 */
import type { AlertNode } from '../definition/definition.ts'
import type { Outlet } from '../definition/outside.ts'
import type { Emit, Envelope, Operator, ShardScope } from '../runtime/operator.ts'
import { type ResultGuard, UNGUARDED } from '../runtime/result-guard.ts'
import { AlertRows } from './alert-rows.ts'
import { alertOf, type AlertSubject, failedMessageOf, messageOf } from './alert-text.ts'
import { PerShard } from './per-shard.ts'
import type { KeyOf, StateKey } from './state-key.ts'

export type AlertStageNode = Pick<
  AlertNode,
  'id' | 'rule' | 'when' | 'clear' | 'severity' | 'message' | 'forMs' | 'labels' | 'showsPending'
>

/** Thousands that are due at once are raised in several steps, for the undo log holds so much; the moment stays the same. */
const MAX_LOG_FILL = 0.5

export class AlertStage implements Operator {
  readonly #node: AlertStageNode
  readonly #keyOf: KeyOf
  readonly #nameOf: (envelope: Envelope) => string
  readonly #outlet: Pick<Outlet, 'alert'>
  readonly #rows: PerShard<AlertRows>
  readonly #stage: number
  readonly #guard: ResultGuard

  /** `nameOf` says what an alert about the item is about: the group's key, or `device/metric`. */
  constructor(
    node: AlertStageNode,
    keyOf: KeyOf,
    nameOf: (envelope: Envelope) => string,
    outlet: Pick<Outlet, 'alert'>,
    stage: number,
    guard: ResultGuard = UNGUARDED,
  ) {
    this.#node = node
    this.#keyOf = keyOf
    this.#nameOf = nameOf
    this.#outlet = outlet
    this.#stage = stage
    this.#guard = guard
    this.#rows = new PerShard((state) => new AlertRows(state, stage, node.forMs))
  }

  /** Gives nothing to stages behind it. Throws what `when` or `clear` throw, before anything has changed. */
  push(envelope: Envelope, { state }: ShardScope, _out: Emit): void {
    const { item, origin } = envelope
    const holds = this.#node.when(item as never)
    const rows = this.#rows.of(state)
    const key = this.#keyOf(envelope)
    const row = rows.find(key)
    if (row === 0 && !holds) return
    const clears = row !== 0 && !holds && this.#clears(item)
    const subject = { item, origin, key: this.#nameOf(envelope) }
    if (row === 0) this.#begin(rows, key, subject)
    else if (origin.time >= rows.latest(row)) this.#goOn(rows, row, subject, holds, clears)
  }

  /** A message that has ended workers is given up once and for all: nothing that might end another one is tried before. */
  advance({ state, watermark, shard }: ShardScope): boolean {
    const rows = this.#rows.of(state)
    while (state.logFill < MAX_LOG_FILL) {
      const row = rows.firstDue(watermark)
      if (row === 0) return false
      const subject = rows.subject(row)
      const isSafe = this.#begins(shard, rows.keyOf(row), subject)
      const message = isSafe
        ? messageOf(this.#node, subject)
        : failedMessageOf(this.#node, subject, this.#guard.cause(shard))
      if (isSafe) this.#guard.end(shard)
      this.#guard.beginRest(shard)
      this.#raise(rows, row, subject, message)
      if (!isSafe) return true
    }
    return false
  }

  /** Before the message is made; false: it has ended so many workers that it is given up. */
  #begins(shard: number, group: StateKey, { origin: { time } }: AlertSubject): boolean {
    return this.#node.message === undefined || this.#guard.beginResult(shard, this.#stage, { group, time })
  }

  #clears(item: unknown): boolean {
    const { clear } = this.#node
    return clear === undefined || clear(item as never)
  }

  /** Without room for the key an alert that need not wait is told all the same. */
  #begin(rows: AlertRows, key: StateKey, subject: AlertSubject): void {
    if (this.#node.forMs > 0) {
      rows.addWaiting(key, subject)
      // without room for it nobody would say that it is over
      if (rows.find(key) !== 0) this.#tellPending(subject, false)
      return
    }
    rows.addRaised(key, subject.origin.time)
    this.#tell(subject, false)
  }

  #goOn(rows: AlertRows, row: number, subject: AlertSubject, holds: boolean, clears: boolean): void {
    const { time } = subject.origin
    if (rows.isWaiting(row) && time >= rows.due(row)) this.#raise(rows, row, rows.subject(row))
    if (rows.isWaiting(row)) {
      if (holds) rows.waitOn(row, subject)
      else {
        this.#tellPending(subject, true)
        rows.remove(row)
      }
      return
    }
    if (holds || clears) this.#tell(subject, clears)
    if (clears) rows.remove(row)
    else rows.setLatest(row, time)
  }

  /** With the last item for which `when` held before the moment. */
  #raise(rows: AlertRows, row: number, subject: AlertSubject, message?: string): void {
    this.#tell(subject, false, message)
    rows.setRaised(row)
  }

  /** That it waits, or doesn't any more. */
  #tellPending(subject: AlertSubject, clear: boolean): void {
    if (this.#node.showsPending === true)
      this.#outlet.alert({ ...alertOf(this.#node, subject, clear), pending: true })
  }

  #tell(subject: AlertSubject, clear: boolean, message?: string): void {
    this.#outlet.alert(alertOf(this.#node, subject, clear, message))
  }
}
