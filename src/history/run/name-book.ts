/** Gives names of all threads their ids in the run, in the order of the chunks. */
export class NameBook {
  readonly #ids = new Map<string, number>()
  readonly #next: (count: number) => number
  /** By thread and by its number: the id. */
  readonly #ofThread: number[][]

  constructor(threads: number, first: number) {
    this.#next = (count) => first + count
    this.#ofThread = Array.from({ length: threads }, () => [])
  }

  get count(): number {
    return this.#ids.size
  }

  /** What a thread has newly met; returns those that are new in the run. */
  learn(thread: number, names: readonly string[]): string[] {
    const fresh: string[] = []
    for (const name of names) {
      if (!this.#ids.has(name)) fresh.push(name)
      this.#ofThread[thread].push(this.id(name))
    }
    return fresh
  }

  id(name: string): number {
    const known = this.#ids.get(name)
    if (known !== undefined) return known
    const id = this.#next(this.#ids.size)
    this.#ids.set(name, id)
    return id
  }

  idsOf(thread: number): readonly number[] {
    return this.#ofThread[thread]
  }
}
