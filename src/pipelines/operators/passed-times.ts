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
  note({ low, high, text }: StateKey, time: number, watermark: number): boolean {
    const row = this.#table.findOrAdd(low, high, text)
    if (row === 0) return true
    if (!this.#table.added) return this.#noteAgain(row, time, watermark)
    this.#queue.append(this.#table.own, row)
    this.state.putNumber(row + LATEST, time)
    return true
  }

  expire(watermark: number): void {
    expireRows(this.#table, this.#queue, (row) => this.#latest(row) + this.#withinMs < watermark)
  }

  #noteAgain(row: number, time: number, watermark: number): boolean {
    const isNear = (other: number): boolean => Math.abs(time - other) <= this.#withinMs
    const latest = this.#latest(row)
    if (isNear(latest) || this.#earlier.find(row + EARLIER, isNear) !== 0) return false
    const oldest = watermark - this.#withinMs
    this.#earlier.dropBefore(row + EARLIER, oldest)
    const older = Math.min(time, latest)
    if (older >= oldest) this.#earlier.add(this.#table, row + EARLIER, older, 0)
    if (time > latest) this.#moveOn(row, time)
    return true
  }

  #moveOn(row: number, time: number): void {
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
