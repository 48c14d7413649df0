/** A queue of records that knows how many characters are in it, and what it has room for. */
import type { SinkRecord } from '../record.ts'
import { Fifo } from './fifo.ts'

export class Shelf<T> {
  readonly #fifo = new Fifo<T>()
  readonly #limits: { readonly items: number; readonly bytes: number }
  readonly #recordOf: (item: T) => SinkRecord
  #bytes = 0

  constructor(limits: { readonly items: number; readonly bytes: number }, recordOf: (item: T) => SinkRecord) {
    this.#limits = limits
    this.#recordOf = recordOf
  }

  get length(): number {
    return this.#fifo.length
  }

  get isHalfEmpty(): boolean {
    return this.length <= this.#limits.items / 2 && this.#bytes <= this.#limits.bytes / 2
  }

  /** An empty one has room for anything. */
  hasRoom({ line }: SinkRecord): boolean {
    const { items, bytes } = this.#limits
    return this.length === 0 || (this.length + 1 <= items && this.#bytes + line.length <= bytes)
  }

  at(index: number): T {
    return this.#fifo.at(index)
  }

  push(item: T): void {
    this.#fifo.push(item)
    this.#bytes += this.#recordOf(item).line.length
  }

  shift(): T {
    return this.removeAt(0)
  }

  removeAt(index: number): T {
    const removed = this.#fifo.removeAt(index)
    this.#bytes -= this.#recordOf(removed).line.length
    return removed
  }
}
