/**
 * What rules remember of series, or composite ones of devices, in one shard: a row for each (rule, series). Those that wait
 * for a reading that doesn't come are in a list by time.
 *
 *   row   0  eight words of the rule's own, or four numbers  8  id of the rule  9  region | tier << 8  10  1 = is in the list
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_HIGH, ROW_LOW, ROW_WORDS } from '../state/state.layout.ts'
import { Timers } from '../state/timers.ts'
import type { RuleSubject } from './subject.ts'

const OWN = ROW_WORDS
const RULE = ROW_WORDS + 8
const PLACE = ROW_WORDS + 9
const IS_LISTED = ROW_WORDS + 10
const OWN_WORDS = 12

const TRACK_TABLE = 2
const DUE_TABLE = 3
const STEP_MS = 100

/** What the keys of a rule's rows differ in from those of another one's. */
export interface TrackId {
  readonly low: number
  readonly high: number
}

export class RuleTracks {
  readonly state: ShardState
  /** Whether the row found last is new. */
  isNew = false
  readonly #table: KeyTable
  readonly #due: Timers

  constructor(state: ShardState, stage: number) {
    this.state = state
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: false }, TRACK_TABLE)
    this.#due = new Timers(state, stage, DUE_TABLE)
  }

  /** The row of the rule for the subject's series; 0 = there is no room (which is counted). */
  rowOf(id: TrackId, { low, high, region, tier }: RuleSubject): number {
    const row = this.#table.findOrAdd((low ^ id.low) >>> 0, (high ^ id.high) >>> 0, undefined)
    this.isNew = row !== 0 && this.#table.added
    if (row === 0) return 0
    const place = region | (tier << 8)
    if (this.isNew) this.state.u32[row + RULE] = id.low
    if (this.state.u32[row + PLACE] !== place) this.state.put(row + PLACE, place)
    return row
  }

  /** The same, or 0 when there is none. */
  find(id: TrackId, { low, high }: RuleSubject): number {
    return this.#table.find((low ^ id.low) >>> 0, (high ^ id.high) >>> 0)
  }

  number(row: number, index: number): number {
    return this.state.f64[(row + OWN + 2 * index) >>> 1]
  }

  setNumber(row: number, index: number, value: number): void {
    this.state.putNumber(row + OWN + 2 * index, value)
  }

  word(row: number, index: number): number {
    return this.state.u32[row + OWN + index]
  }

  setWord(row: number, index: number, value: number): void {
    this.state.put(row + OWN + index, value)
  }

  /** Low word of the id of the rule that the row is of. */
  ruleOf(row: number): number {
    return this.state.u32[row + RULE]
  }

  subject(row: number, id: TrackId, time: number): RuleSubject {
    const { u32 } = this.state
    const place = u32[row + PLACE]
    const low = (u32[row + ROW_LOW] ^ id.low) >>> 0
    const high = (u32[row + ROW_HIGH] ^ id.high) >>> 0
    return { low, high, time, value: NaN, region: place & 0xff, tier: place >>> 8 }
  }

  /** Puts the row on the list, on which it is once at most. */
  list(row: number, time: number): void {
    if (this.state.u32[row + IS_LISTED] === 1) return
    if (this.#due.schedule(row, Math.ceil(time / STEP_MS) * STEP_MS)) this.state.put(row + IS_LISTED, 1)
  }

  /** Takes the next row that may be due by `time` off the list; 0 = none. */
  takeDue(time: number): number {
    let row = this.#due.take(time)
    while (row !== 0 && !this.#table.isRow(row)) row = this.#due.take(time)
    if (row !== 0) this.state.put(row + IS_LISTED, 0)
    return row
  }

  remove(row: number): void {
    this.#table.remove(row)
  }
}
