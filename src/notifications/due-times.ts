/**
 * What is due when: one timer for however many. What is due at the same time comes in the order it was set; a great many
 * are handed out a part at a time, so that nothing else has to wait for all of them.
 */
import type { Clock } from '../core/clock.ts'

interface Entry<T> {
  readonly item: T
  readonly dueMs: number
  readonly order: number
}

const MOST_AT_ONCE = 1000
/** Timers of the machine don't go further than 24 days. */
const LONGEST_MS = 3_600_000

export class DueTimes<T> {
  readonly #clock: Clock
  readonly #onDue: (item: T) => void
  /** A heap; an entry that isn't the item's current one has been replaced or taken back. */
  readonly #heap: Entry<T>[] = []
  readonly #current = new Map<T, Entry<T>>()
  #order = 0
  #armedMs = Infinity
  #disarm: () => void = () => undefined

  constructor(clock: Clock, onDue: (item: T) => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  /** Of an item that is due already the earlier time counts. */
  setEarlier(item: T, dueMs: number): void {
    const current = this.#current.get(item)
    if (current === undefined || dueMs < current.dueMs) this.set(item, dueMs)
  }

  set(item: T, dueMs: number): void {
    const entry = { item, dueMs, order: this.#order++ }
    this.#current.set(item, entry)
    this.#push(entry)
    this.#arm()
  }

  delete(item: T): void {
    this.#current.delete(item)
  }

  /** Makes everything due now that is to be some time. */
  runAll(): void {
    const items: T[] = []
    for (let item = this.#pop(Infinity); item !== undefined; item = this.#pop(Infinity)) items.push(item)
    for (const item of items) this.#onDue(item)
  }

  close(): void {
    this.#disarm()
    this.#armedMs = Infinity
    this.#heap.length = 0
    this.#current.clear()
  }

  #arm(): void {
    const next = this.#heap[0]?.dueMs ?? Infinity
    if (next >= this.#armedMs) return
    this.#disarm()
    this.#armedMs = next
    const waitMs = Math.min(LONGEST_MS, Math.max(0, next - this.#clock.nowMs()))
    this.#disarm = this.#clock.after(waitMs, () => this.#run())
  }

  #run(): void {
    this.#armedMs = Infinity
    const nowMs = this.#clock.nowMs()
    for (let count = 0; count < MOST_AT_ONCE; count++) {
      const item = this.#pop(nowMs)
      if (item === undefined) break
      this.#onDue(item)
    }
    this.#arm()
  }

  #pop(untilMs: number): T | undefined {
    while (this.#heap.length > 0 && this.#heap[0].dueMs <= untilMs) {
      const entry = this.#takeFirst()
      if (this.#current.get(entry.item) !== entry) continue
      this.#current.delete(entry.item)
      return entry.item
    }
    return undefined
  }

  #push(entry: Entry<T>): void {
    const heap = this.#heap
    let at = heap.length
    for (; at > 0;) {
      const parent = (at - 1) >> 1
      if (isBefore(heap[parent], entry)) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = entry
  }

  #takeFirst(): Entry<T> {
    const heap = this.#heap
    const [first] = heap
    const last = heap.pop() as Entry<T>
    if (heap.length === 0) return first
    let at = 0
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++
      if (isBefore(last, heap[child])) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
    return first
  }
}

const isBefore = <T>(one: Entry<T>, other: Entry<T>): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order)
