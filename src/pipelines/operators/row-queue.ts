/**
 * Queues of blocks (rows of a table, or what a row refers to), each block linked to its neighbours by two words of its own,
 * so that one in the middle can leave. A queue is the address of two words: its first and its last block. Everything is in
 * shared memory and undone with it.
 *
 *   block + links      the one before     queue        the first
 *   block + links + 1  the one behind     queue + 1    the last         0 = none
 */
import type { ShardState } from '../state/shard-state.ts'

export class RowQueue {
  readonly #state: ShardState
  readonly #links: number

  constructor(state: ShardState, links: number) {
    this.#state = state
    this.#links = links
  }

  /** 0 = the queue is empty. */
  first(queue: number): number {
    return this.#state.u32[queue]
  }

  last(queue: number): number {
    return this.#state.u32[queue + 1]
  }

  /** The block before this one, or 0. */
  before(block: number): number {
    return this.#state.u32[block + this.#links]
  }

  append(queue: number, block: number): void {
    this.#link(queue, this.last(queue), block, 0)
  }

  /** Puts the block before those at the end that are to come after it. */
  insert(queue: number, block: number, isAfter: (other: number) => boolean): void {
    let before = this.last(queue)
    let behind = 0
    while (before !== 0 && isAfter(before)) {
      behind = before
      before = this.before(before)
    }
    this.#link(queue, before, block, behind)
  }

  remove(queue: number, block: number): void {
    this.#connect(queue, this.before(block), this.#state.u32[block + this.#links + 1])
  }

  toEnd(queue: number, block: number): void {
    if (this.last(queue) === block) return
    this.remove(queue, block)
    this.append(queue, block)
  }

  #link(queue: number, before: number, block: number, behind: number): void {
    this.#connect(queue, before, block)
    this.#connect(queue, block, behind)
  }

  #connect(queue: number, before: number, behind: number): void {
    this.#state.put(before === 0 ? queue : before + this.#links + 1, behind)
    this.#state.put(behind === 0 ? queue + 1 : behind + this.#links, before)
  }
}
