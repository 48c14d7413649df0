/**
 * How many items passed in which interval, by key, in one shard.
 *
 *   row   0  before  1  behind  2  intervals further back (TimeNodes)  3  count  4  start of the latest interval (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_WORDS } from '../state/state.layout.ts'
import { expireRows } from './expire-rows.ts'
import { RowQueue } from './row-queue.ts'
import type { StateKey } from './state-key.ts'
import { NODE_NUMBER, TimeNodes } from './time-nodes.ts'

const LINKS = ROW_WORDS
const EARLIER = ROW_WORDS + 2
const COUNT = ROW_WORDS + 3
const START = ROW_WORDS + 4
const OWN_WORDS = 6

export class IntervalCounts {
  readonly state: ShardState
  readonly #table: KeyTable
  readonly #queue: RowQueue
  readonly #earlier: TimeNodes

  constructor(state: ShardState, stage: number) {
    this.state = state
    const dispose = (row: number): void => this.#dispose(row)
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: true, dispose })
    this.#queue = new RowQueue(state, LINKS)
    this.#earlier = new TimeNodes(state)
  }

  /** Counts an item in the key's interval that begins at `start`; false when it would be more than `most`. */
  take({ low, high }: StateKey, start: number, most: number, oldest: number): boolean {
    const row = this.#table.findOrAdd(low, high, undefined)
    if (row === 0) return true
    if (this.#table.added) this.#queue.append(this.#table.own, row)
    else if (start < this.#start(row)) return this.#takeEarlier(row, start, most)
    if (this.#table.added || start > this.#start(row)) this.#begin(row, start, oldest)
    return this.#takeOne(row + COUNT, most)
  }

  /** Forgets keys whose latest interval begins before `oldest`. */
  expire(oldest: number): void {
    expireRows(this.#table, this.#queue, (row) => this.#start(row) < oldest)
  }

  #start(row: number): number {
    return this.state.f64[(row + START) >>> 1]
  }

  #begin(row: number, start: number, oldest: number): void {
    const count = this.state.u32[row + COUNT]
    this.#earlier.dropBefore(row + EARLIER, oldest)
    if (count > 0 && this.#start(row) >= oldest)
      this.#earlier.add(this.#table, row + EARLIER, this.#start(row), count)
    this.state.putNumber(row + START, start)
    this.state.put(row + COUNT, 0)
    this.#queue.toEnd(this.#table.own, row)
  }

  #takeEarlier(row: number, start: number, most: number): boolean {
    const node = this.#earlier.find(row + EARLIER, (other) => other === start)
    if (node !== 0) return this.#takeOne(node + NODE_NUMBER, most)
    if (most > 0) this.#earlier.add(this.#table, row + EARLIER, start, 1)
    return most > 0
  }

  #takeOne(word: number, most: number): boolean {
    if (this.state.u32[word] >= most) return false
    this.state.add(word, 1)
    return true
  }

  #dispose(row: number): void {
    this.#queue.remove(this.#table.own, row)
    this.#earlier.dropBefore(row + EARLIER, Infinity)
  }
}
