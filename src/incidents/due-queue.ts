/** What is due first comes first: a binary heap. Of two that are due together the one that was put in first. */
export class DueQueue<T> {
  readonly #heap: { readonly due: number; readonly order: number; readonly item: T }[] = []
  #order = 0

  get size(): number {
    return this.#heap.length
  }

  /** When the first one is due; Infinity when there is none. */
  get due(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].due
  }

  push(due: number, item: T): void {
    const heap = this.#heap
    let at = heap.push({ due, order: this.#order++, item }) - 1
    while (at > 0 && this.#isBefore(at, (at - 1) >> 1)) at = this.#swap(at, (at - 1) >> 1)
  }

  /** Takes the first one out. */
  pop(): T | undefined {
    const heap = this.#heap
    if (heap.length === 0) return undefined
    this.#swap(heap.length - 1, 0)
    const first = heap.pop()
    for (let at = 0; ;) {
      const left = 2 * at + 1
      if (left >= heap.length) return first?.item
      const child = left + 1 < heap.length && this.#isBefore(left + 1, left) ? left + 1 : left
      if (!this.#isBefore(child, at)) return first?.item
      at = this.#swap(at, child)
    }
  }

  #isBefore(a: number, b: number): boolean {
    const one = this.#heap[a]
    const other = this.#heap[b]
    return one.due < other.due || (one.due === other.due && one.order < other.order)
  }

  /** Returns `to`. */
  #swap(from: number, to: number): number {
    const heap = this.#heap
    ;[heap[from], heap[to]] = [heap[to], heap[from]]
    return to
  }
}
