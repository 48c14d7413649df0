/**
 * The keys of an alert stage that wait or are raised, in one shard. Those that wait are in a queue by the moment at which
 * they are due. Rows don't give way to others: a raised alert that is forgotten would never be cleared.
 *
 *   row   0  before  1  behind  2  1 = waiting, else raised  3  subject (text)  4  since (f64)  6  latest item (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_HIGH, ROW_LOW, ROW_WORDS } from '../state/state.layout.ts'
import type { AlertSubject } from './alert-text.ts'
import { plainOfText, textOfPlain } from './plain-text.ts'
import { RowQueue } from './row-queue.ts'
import type { StateKey } from './state-key.ts'

const LINKS = ROW_WORDS
const IS_WAITING = ROW_WORDS + 2
const SUBJECT = ROW_WORDS + 3
const SINCE = ROW_WORDS + 4
const LATEST = ROW_WORDS + 6
const OWN_WORDS = 8

export class AlertRows {
  readonly state: ShardState
  readonly #forMs: number
  readonly #table: KeyTable
  readonly #queue: RowQueue

  constructor(state: ShardState, stage: number, forMs: number) {
    this.state = state
    this.#forMs = forMs
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: false })
    this.#queue = new RowQueue(state, LINKS)
  }

  /** 0 = the key is neither waiting nor raised. */
  find({ low, high }: StateKey): number {
    return this.#table.find(low, high)
  }

  /** Notes the key as raised, if there is room. */
  addRaised(key: StateKey, time: number): void {
    this.#add(key, time)
  }

  /** Begins to wait, if there is room. */
  addWaiting(key: StateKey, subject: AlertSubject): void {
    const text = textOfSubject(subject)
    const row = this.#add(key, subject.origin.time)
    if (row === 0) return
    if (!this.#keepSubject(row, text)) return this.#table.remove(row)
    this.state.put(row + IS_WAITING, 1)
    this.#queue.insert(this.#table.own, row, (other) => this.due(other) > this.due(row))
  }

  /** Goes on waiting, with a newer subject if there is room for it. */
  waitOn(row: number, subject: AlertSubject): void {
    this.#keepSubject(row, textOfSubject(subject))
    this.setLatest(row, subject.origin.time)
  }

  isWaiting(row: number): boolean {
    return this.state.u32[row + IS_WAITING] === 1
  }

  latest(row: number): number {
    return this.state.f64[(row + LATEST) >>> 1]
  }

  setLatest(row: number, time: number): void {
    this.state.putNumber(row + LATEST, time)
  }

  /** When a waiting row is to be raised. */
  due(row: number): number {
    return this.state.f64[(row + SINCE) >>> 1] + this.#forMs
  }

  /** The waiting row that is due first, if it is by `time`, or 0. */
  firstDue(time: number): number {
    const row = this.#queue.first(this.#table.own)
    return row !== 0 && this.due(row) <= time ? row : 0
  }

  /** What the row waits with, as of the moment at which it is due. */
  subject(row: number): AlertSubject {
    const { item, origin, key } = plainOfText(
      this.state.texts.read(this.state.u32[row + SUBJECT]),
    ) as AlertSubject
    return { item, origin: { ...origin, time: this.due(row) }, key }
  }

  keyOf(row: number): StateKey {
    const { u32 } = this.state
    return { low: u32[row + ROW_LOW], high: u32[row + ROW_HIGH] }
  }

  setRaised(row: number): void {
    this.#queue.remove(this.#table.own, row)
    this.#releaseSubject(row)
    this.state.put(row + IS_WAITING, 0)
  }

  remove(row: number): void {
    if (this.isWaiting(row)) this.setRaised(row)
    this.#table.remove(row)
  }

  #add({ low, high }: StateKey, time: number): number {
    const row = this.#table.findOrAdd(low, high, undefined)
    if (row === 0) return 0
    this.state.putNumber(row + SINCE, time)
    this.setLatest(row, time)
    return row
  }

  #keepSubject(row: number, text: string): boolean {
    const blob = this.state.makeRoom(this.#table, () => this.state.texts.write(text))
    if (blob === 0) return false
    this.#releaseSubject(row)
    this.state.put(row + SUBJECT, blob)
    return true
  }

  #releaseSubject(row: number): void {
    const blob = this.state.u32[row + SUBJECT]
    if (blob === 0) return
    this.state.texts.release(blob)
    this.state.put(row + SUBJECT, 0)
  }
}

const textOfSubject = (subject: AlertSubject): string => textOfPlain(subject, 'what the alert keeps')
