/** The latest of a stream of things, a bounded number of them, and how many there have been. */
export class Latest<T> {
  readonly #kept: T[] = []
  readonly #capacity: number
  #seen = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get seen(): number {
    return this.#seen
  }

  add(item: T): void {
    this.#seen++
    this.#kept.push(item)
    if (this.#kept.length > this.#capacity) this.#kept.shift()
  }

  /** Up to `limit`, the latest first. */
  recent(limit: number): T[] {
    return this.#kept.slice(Math.max(0, this.#kept.length - limit)).reverse()
  }
}
