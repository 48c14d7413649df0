/** The latest of a stream of things, a bounded number of them, and how many there have been. */
export abstract class Latest<T> {
  readonly #kept: T[] = []
  readonly #capacity: number
  #seen = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  /** How many there have been, those no longer kept included. */
  get seen(): number {
    return this.#seen
  }

  /** Up to `limit`, the latest first. */
  recent(limit: number): T[] {
    return this.#kept.slice(Math.max(0, this.#kept.length - limit)).reverse()
  }

  protected keep(item: T): void {
    this.#seen++
    this.#kept.push(item)
    if (this.#kept.length > this.#capacity) this.#kept.shift()
  }
}
