/**
 * Series for which conditions of rules hold, in one shard: a row for each, with a chain of blocks, one for each rule. Few
 * series have any, so that all others are told by a look into a small table. Rows don't give way to others: an alert that is
 * forgotten would never be cleared.
 *
 *   row     0  first block
 *   block   0  next  1  id of the rule  2  1 = waits for its time, else fires  3  region | tier << 8
 *           4  since (f64)  6  latest reading (f64)  8  value (f64)  10  last told (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_HIGH, ROW_LOW, ROW_WORDS } from '../state/state.layout.ts'
import { Timers } from '../state/timers.ts'
import type { RuleSubject } from './subject.ts'

const FIRST = ROW_WORDS
const ROW_OWN = 2
const NEXT = 0
const RULE = 1
const IS_WAITING = 2
const PLACE = 3
const SINCE = 4
const LATEST = 6
const VALUE = 8
const TOLD = 10
const BLOCK_WORDS = 12

/** Tables of the stage: this one, and the one behind it for the times at which blocks are due. */
const OPEN_TABLE = 0
const DUE_TABLE = 1
/** Due times are looked at in steps of so much; what is told is the exact moment. */
const STEP_MS = 100

export class OpenRules {
  readonly state: ShardState
  readonly #table: KeyTable
  readonly #due: Timers
  readonly #u32: Uint32Array
  readonly #f64: Float64Array

  constructor(state: ShardState, stage: number) {
    this.state = state
    this.#u32 = state.u32
    this.#f64 = state.f64
    this.#table = state.table(stage, { words: ROW_OWN, isEvictable: false }, OPEN_TABLE)
    this.#due = new Timers(state, stage, DUE_TABLE)
  }

  get isEmpty(): boolean {
    return this.#table.keys === 0
  }

  /** The series' row; 0 = no condition holds for it. */
  find(low: number, high: number): number {
    return this.#table.find(low, high)
  }

  /** The blocks of a row; one that was visited may be removed before the next is asked for. */
  *blocks(row: number): Generator<number> {
    let next = 0
    for (let block = row === 0 ? 0 : this.#u32[row + FIRST]; block !== 0; block = next) {
      next = this.#u32[block + NEXT]
      yield block
    }
  }

  /** The rule's block in the chain of a row; 0 = its condition doesn't hold. */
  blockOf(row: number, rule: number): number {
    let block = row === 0 ? 0 : this.#u32[row + FIRST]
    while (block !== 0 && this.#u32[block + RULE] !== rule) block = this.#u32[block + NEXT]
    return block
  }

  /** Notes that a condition holds; false when there is no room (which is counted). */
  add(rule: number, subject: RuleSubject, dueIn: number): boolean {
    const row = this.#table.findOrAdd(subject.low, subject.high, undefined)
    if (row === 0) return false
    const block = this.#table.allocate(BLOCK_WORDS)
    const due = Math.ceil((subject.time + dueIn) / STEP_MS) * STEP_MS
    if (block === 0 || (dueIn > 0 && !this.#due.schedule(row, due))) {
      if (block !== 0) this.state.release(block, BLOCK_WORDS)
      this.#dropIfEmpty(row)
      return false
    }
    this.#u32[block + NEXT] = this.#u32[row + FIRST]
    this.#u32[block + RULE] = rule
    this.#u32[block + IS_WAITING] = dueIn > 0 ? 1 : 0
    this.#f64[(block + SINCE) >>> 1] = subject.time
    this.#f64[(block + TOLD) >>> 1] = subject.time
    this.setLatest(block, subject)
    this.state.put(row + FIRST, block)
    return true
  }

  ruleOf(block: number): number {
    return this.#u32[block + RULE]
  }

  isWaiting(block: number): boolean {
    return this.#u32[block + IS_WAITING] === 1
  }

  since(block: number): number {
    return this.#f64[(block + SINCE) >>> 1]
  }

  latest(block: number): number {
    return this.#f64[(block + LATEST) >>> 1]
  }

  lastTold(block: number): number {
    return this.#f64[(block + TOLD) >>> 1]
  }

  setTold(block: number, time: number): void {
    this.state.putNumber(block + TOLD, time)
  }

  setFiring(block: number): void {
    this.state.put(block + IS_WAITING, 0)
  }

  setLatest(block: number, { time, value, region, tier }: RuleSubject): void {
    this.state.putNumber(block + LATEST, time)
    this.state.putNumber(block + VALUE, value)
    this.state.put(block + PLACE, region | (tier << 8))
  }

  /** What the block of a row is about, as of its latest reading, at `time`. */
  subject(row: number, block: number, time: number): RuleSubject {
    const place = this.#u32[block + PLACE]
    return {
      ...{ low: this.#u32[row + ROW_LOW], high: this.#u32[row + ROW_HIGH], time },
      ...{ value: this.#f64[(block + VALUE) >>> 1], region: place & 0xff, tier: place >>> 8 },
    }
  }

  remove(row: number, block: number): void {
    let link = row + FIRST
    while (this.#u32[link] !== block) link = this.#u32[link] + NEXT
    this.state.put(link, this.#u32[block + NEXT])
    this.state.release(block, BLOCK_WORDS)
    this.#dropIfEmpty(row)
  }

  /** A row whose blocks may be due by `time`, or 0. */
  takeDue(time: number): number {
    let row = this.#due.take(time)
    while (row !== 0 && !this.#table.isRow(row)) row = this.#due.take(time)
    return row
  }

  #dropIfEmpty(row: number): void {
    if (this.#u32[row + FIRST] === 0) this.#table.remove(row)
  }
}
