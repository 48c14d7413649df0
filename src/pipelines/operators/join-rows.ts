/**
 * The items of both sides of a join that can still meet others, by key, in one shard.
 *
 *   row   0  before  1  behind  2  3  left items (JoinItems)  4  5  right items  6  until when any is wanted (f64)
 */
import type { Envelope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { ROW_WORDS } from '../state/state.layout.ts'
import { expireRows } from './expire-rows.ts'
import { JoinItems } from './join-items.ts'
import { textOfPlain } from './plain-text.ts'
import { RowQueue } from './row-queue.ts'
import type { StateKey } from './state-key.ts'

const LINKS = ROW_WORDS
const LEFT = ROW_WORDS + 2
const RIGHT = ROW_WORDS + 4
const UNTIL = ROW_WORDS + 6
const OWN_WORDS = 8

/** One side of a join, as the other is seen from it. */
export interface Side {
  readonly name: 'left' | 'right'
  /** The items of the other side that one of this side meets: from its time plus this … */
  readonly fromMs: number
  /** … to its time plus this. */
  readonly untilMs: number
}

export class JoinRows {
  readonly state: ShardState
  readonly #table: KeyTable
  readonly #queue: RowQueue
  readonly #items: JoinItems

  constructor(state: ShardState, stage: number) {
    this.state = state
    const dispose = (row: number): void => this.#dispose(row)
    this.#table = state.table(stage, { words: OWN_WORDS, isEvictable: true, dispose })
    this.#queue = new RowQueue(state, LINKS)
    this.#items = new JoinItems(state)
  }

  /** What an item of this side meets, oldest first: of the other side, as far as the watermark has left it. */
  meeting({ low, high }: StateKey, side: Side, time: number, watermark: number): Envelope[] {
    const row = this.#table.find(low, high)
    if (row === 0) return []
    const kept = watermark + side.fromMs // the other side's items are wanted until their time less this
    return this.#items.within(
      row + (side.name === 'left' ? RIGHT : LEFT),
      Math.max(time + side.fromMs, kept),
      time + side.untilMs,
    )
  }

  /** Keeps an item as long as one of the other side that is not late can meet it; false when there is no room. */
  keep({ low, high }: StateKey, side: Side, { item, origin }: Envelope, watermark: number): boolean {
    const until = origin.time + side.untilMs
    if (until < watermark) return true
    const encoded = textOfPlain({ item, origin }, 'what the join keeps')
    const row = this.#table.findOrAdd(low, high, undefined)
    if (row === 0) return false
    if (this.#table.added) this.#begin(row)
    const queue = row + (side.name === 'left' ? LEFT : RIGHT)
    this.#items.dropBefore(queue, watermark - side.untilMs)
    if (!this.#items.add(this.#table, queue, origin.time, encoded)) return this.#removeIfEmpty(row)
    this.#want(row, until)
    return true
  }

  expire(watermark: number): void {
    expireRows(this.#table, this.#queue, (row) => this.#until(row) < watermark)
  }

  #until(row: number): number {
    return this.state.f64[(row + UNTIL) >>> 1]
  }

  #begin(row: number): void {
    this.#queue.append(this.#table.own, row)
    this.state.putNumber(row + UNTIL, -Infinity)
  }

  #want(row: number, until: number): void {
    if (until > this.#until(row)) this.state.putNumber(row + UNTIL, until)
    this.#queue.toEnd(this.#table.own, row)
  }

  #removeIfEmpty(row: number): false {
    const { u32 } = this.state
    if (u32[row + LEFT] === 0 && u32[row + RIGHT] === 0) this.#table.remove(row)
    return false
  }

  #dispose(row: number): void {
    this.#queue.remove(this.#table.own, row)
    this.#items.dropBefore(row + LEFT, Infinity)
    this.#items.dropBefore(row + RIGHT, Infinity)
  }
}
