interface Entry<T> {
  readonly at: number
  readonly what: T
}

/**
 * What falls due when: a heap. Nothing is taken out before its time: who takes what is due looks whether it still holds.
 */
export class Deadlines<T> {
  readonly #heap: Entry<T>[] = []

  add(at: number, what: T): void {
    const heap = this.#heap
    let index = heap.length
    const entry = { at, what }
    heap.push(entry)
    while (index > 0) {
      const parent = (index - 1) >>> 1
      if (heap[parent].at <= at) break
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = entry
  }

  /** What was due at `now` or before, the earliest first; undefined if there is no such thing. */
  take(now: number): T | undefined {
    const heap = this.#heap
    if (heap.length === 0 || heap[0].at > now) return undefined
    const { what } = heap[0]
    const last = heap.pop()!
    if (heap.length > 0) this.#sink(last)
    return what
  }

  #sink(entry: Entry<T>): void {
    const heap = this.#heap
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1].at < heap[child].at) child++
      if (heap[child].at >= entry.at) break
      heap[index] = heap[child]
      index = child
    }
    heap[index] = entry
  }
}
