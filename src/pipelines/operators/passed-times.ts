/**
 * The event times of the items that passed, by key, in one shard.
 *
 *   row   0  before  1  behind  2  times further back (TimeNodes)  4  latest time (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_WORDS } from '../state/state.layout.ts'
import { expireRows } from './expire-rows.ts'
import { RowQueue } from './row-queue.ts'
import type { StateKey } from './state-key.ts'
import { TimeNodes } from './time-nodes.ts'

const LINKS = ROW_WORDS
const EARLIER = ROW_WORDS + 2
const LATEST = ROW_WORDS + 4
const OWN_WORDS = 6

export class PassedTimes {
  readonly state: ShardState
  readonly #withinMs: number
  readonly #table: KeyTable
  readonly #queue: RowQueue
  readonly #earlier: TimeNodes

  constructor(state: ShardState, stage: number, withinMs: number) {
    this.state = state
    this.#withinMs = withinMs
    const dispose = (row: number): void => this.#dispose(row)
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: true, dispose })
    this.#queue = new RowQueue(state, LINKS)
    this.#earlier = new TimeNodes(state)
  }

  /** Notes that an item of the key passes at `time`; false when the key has a time within reach already. */
  note({ low, high }: StateKey, time: number, watermark: number): boolean {
    const oldest = watermark - this.#withinMs
    const known = this.#table.find(low, high)
    if (known !== 0 && this.#isNear(known, time, oldest)) return false
    if (time < oldest) return true
    const row = this.#table.findOrAdd(low, high, undefined)
    if (row === 0) return true
    if (this.#table.added) this.#begin(row, time)
    else this.#goOn(row, time, oldest)
    return true
  }

  expire(watermark: number): void {
    expireRows(this.#table, this.#queue, (row) => this.#latest(row) + this.#withinMs < watermark)
  }

  #isNear(row: number, time: number, oldest: number): boolean {
    if (this.#reaches(time, this.#latest(row), oldest)) return true
    if (this.state.u32[row + EARLIER] === 0) return false
    return this.#earlier.find(row + EARLIER, (other) => this.#reaches(time, other, oldest)) !== 0
  }

  #reaches(time: number, other: number, oldest: number): boolean {
    return Math.abs(time - other) <= this.#withinMs && other >= oldest
  }

  #begin(row: number, time: number): void {
    this.#queue.append(this.#table.own, row)
    this.state.putNumber(row + LATEST, time)
  }

  #goOn(row: number, time: number, oldest: number): void {
    const latest = this.#latest(row)
    const older = Math.min(time, latest)
    this.#earlier.dropBefore(row + EARLIER, oldest)
    if (older >= oldest) this.#earlier.add(this.#table, row + EARLIER, older, 0)
    if (time < latest) return
    this.state.putNumber(row + LATEST, time)
    this.#queue.toEnd(this.#table.own, row)
  }

  #latest(row: number): number {
    return this.state.f64[(row + LATEST) >>> 1]
  }

  #dispose(row: number): void {
    this.#queue.remove(this.#table.own, row)
    this.#earlier.dropBefore(row + EARLIER, Infinity)
  }
}
