/** A queue over an array that is used in a circle; grows by doubling. */
export class Fifo<T> {
  #slots: (T | undefined)[] = new Array<T | undefined>(16)
  #head = 0
  #length = 0

  get length(): number {
    return this.#length
  }

  push(item: T): void {
    if (this.#length === this.#slots.length) this.#grow()
    this.#slots[this.#slot(this.#length++)] = item
  }

  /** The item `index` places behind the first one. */
  at(index: number): T {
    return this.#slots[this.#slot(index)] as T
  }

  shift(): T {
    return this.removeAt(0)
  }

  /** Meant for places near the front: those before it move. */
  removeAt(index: number): T {
    const removed = this.at(index)
    for (let at = index; at > 0; at--) this.#slots[this.#slot(at)] = this.#slots[this.#slot(at - 1)]
    this.#slots[this.#head] = undefined
    this.#head = this.#slot(1)
    this.#length--
    return removed
  }

  #slot(index: number): number {
    return (this.#head + index) & (this.#slots.length - 1)
  }

  #grow(): void {
    const grown = new Array<T | undefined>(this.#slots.length * 2)
    for (let at = 0; at < this.#length; at++) grown[at] = this.at(at)
    this.#slots = grown
    this.#head = 0
  }
}
