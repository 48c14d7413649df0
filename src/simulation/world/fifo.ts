/**
 * What waits in one track, first in, first out, as a fluid: runs of readings with the time in which they came. Serving
 * tells how long each part has waited.
 */
export class Fifo {
  /** Amount, first and last time of arrival of each run, from `#head` on. */
  readonly #runs: number[] = []
  #head = 0
  #amount = 0

  get amount(): number {
    return this.#amount
  }

  push(amount: number, fromMs: number, untilMs: number): void {
    if (amount <= 0) return
    this.#runs.push(amount, fromMs, untilMs)
    this.#amount += amount
  }

  /**
   * Takes `amount` out, which leaves evenly at `perMs` from `fromMs` on. `waited` is told amounts and how long they waited:
   * at least nothing, as what leaves faster than it comes does not wait.
   */
  serve(amount: number, fromMs: number, perMs: number, waited: (amount: number, ms: number) => void): void {
    let left = Math.min(amount, this.#amount)
    let served = 0
    this.#amount -= left
    while (left > 0 && this.#head < this.#runs.length) {
      const there = this.#runs[this.#head]
      const part = Math.min(there, left)
      const [first, last] = [this.#runs[this.#head + 1], this.#runs[this.#head + 2]]
      const until = first + ((last - first) * part) / there
      const leaves = fromMs + (served + part / 2) / perMs
      waited(part, Math.max(0, leaves - (first + until) / 2))
      served += part
      left -= part
      if (part < there) {
        this.#runs[this.#head] = there - part
        this.#runs[this.#head + 1] = until
      } else this.#head += 3
    }
    this.#tidy()
  }

  /** Takes a share of everything out, such as what waited in a node that died. */
  take(share: number): { readonly amount: number; readonly fromMs: number; readonly untilMs: number }[] {
    const taken = []
    for (let at = this.#head; at < this.#runs.length; at += 3) {
      const amount = this.#runs[at] * share
      taken.push({ amount, fromMs: this.#runs[at + 1], untilMs: this.#runs[at + 2] })
      this.#runs[at] -= amount
      this.#amount -= amount
    }
    return taken
  }

  #tidy(): void {
    if (this.#head === this.#runs.length || this.#amount <= 0) {
      this.#runs.length = 0
      this.#head = 0
      this.#amount = 0
    } else if (this.#head > 3072) {
      this.#runs.splice(0, this.#head)
      this.#head = 0
    }
  }
}
