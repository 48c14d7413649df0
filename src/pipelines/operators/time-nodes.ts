/**
 * Short lists of (time, number) that rows of a table refer to, for the few keys whose items come so far out of order that
 * one time per key is not enough. A list is the address of its first node, kept in a word of the row; newest first.
 *
 *   0  next      1  number      2  time (f64)
 */
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'

const NODE_WORDS = 4
export const NODE_NUMBER = 1
const NODE_TIME = 2

export class TimeNodes {
  readonly #state: ShardState
  readonly #u32: Uint32Array

  constructor(state: ShardState) {
    this.#state = state
    this.#u32 = state.u32
  }

  timeOf(node: number): number {
    return this.#state.f64[(node + NODE_TIME) >>> 1]
  }

  /** The first node that `is` holds for, or 0. */
  find(head: number, is: (time: number) => boolean): number {
    let node = this.#u32[head]
    while (node !== 0 && !is(this.timeOf(node))) node = this.#u32[node]
    return node
  }

  /** Forgets it when there is no room, which the state counts. */
  add(table: KeyTable, head: number, time: number, number: number): void {
    const node = table.allocate(NODE_WORDS)
    if (node === 0) return
    this.#u32[node] = this.#u32[head]
    this.#u32[node + NODE_NUMBER] = number
    this.#state.f64[(node + NODE_TIME) >>> 1] = time
    this.#state.put(head, node)
  }

  /** Releases the nodes that are older than `time`. */
  dropBefore(head: number, time: number): void {
    for (let at = head; this.#u32[at] !== 0;) {
      const node = this.#u32[at]
      if (this.timeOf(node) >= time) {
        at = node
        continue
      }
      this.#state.put(at, this.#u32[node])
      this.#state.release(node, NODE_WORDS)
    }
  }
}
