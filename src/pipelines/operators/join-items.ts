/**
 * Items that a join keeps, in queues ordered by time (those of the same time as they came).
 *
 *   0  before  1  behind  2  item and origin (text)  4  time (f64)
 */
import type { Envelope } from '../runtime/operator.ts'
import type { KeyTable } from '../state/key-table.ts'
import type { ShardState } from '../state/shard-state.ts'
import { plainOfText } from './plain-text.ts'
import { RowQueue } from './row-queue.ts'

const LINKS = 0
const TEXT = 2
const TIME = 4
const ITEM_WORDS = 6

export class JoinItems {
  readonly #state: ShardState
  readonly #queue: RowQueue

  constructor(state: ShardState) {
    this.#state = state
    this.#queue = new RowQueue(state, LINKS)
  }

  /** Those within the times, oldest first. */
  within(queue: number, fromTime: number, untilTime: number): Envelope[] {
    const { u32, texts } = this.#state
    const found: Envelope[] = []
    for (let item = this.#queue.last(queue); item !== 0; item = this.#queue.before(item)) {
      const time = this.#timeOf(item)
      if (time < fromTime) break
      if (time <= untilTime) found.push(plainOfText(texts.read(u32[item + TEXT])) as Envelope)
    }
    return found.reverse()
  }

  /** False when there is no room. */
  add(table: KeyTable, queue: number, time: number, text: string): boolean {
    const item = table.allocate(ITEM_WORDS)
    if (item === 0) return false
    const blob = this.#state.makeRoom(table, () => this.#state.texts.write(text))
    if (blob === 0) {
      this.#state.release(item, ITEM_WORDS)
      return false
    }
    this.#state.u32[item + TEXT] = blob
    this.#state.f64[(item + TIME) >>> 1] = time
    this.#queue.insert(queue, item, (other) => this.#timeOf(other) > time)
    return true
  }

  /** Releases those that are older than `time`. */
  dropBefore(queue: number, time: number): void {
    for (let item = this.#queue.first(queue); item !== 0; item = this.#queue.first(queue)) {
      if (this.#timeOf(item) >= time) return
      this.#queue.remove(queue, item)
      this.#state.texts.release(this.#state.u32[item + TEXT])
      this.#state.release(item, ITEM_WORDS)
    }
  }

  #timeOf(item: number): number {
    return this.#state.f64[(item + TIME) >>> 1]
  }
}
