/**
 * Deficit round robin (M. Shreedhar, G. Varghese, 1995) over the routine tiers: each visit adds a tier's quantum to what
 * it may spend; a tier that has nothing waiting keeps no credit, so an unused share goes to whoever has work.
 */
export class DeficitRoundRobin {
  readonly #quanta: readonly number[]
  readonly #deficits: number[]
  #turn = 0

  /** `shares` in any unit; together the quanta of one round are about `roundReadings`. */
  constructor(shares: readonly number[], roundReadings: number) {
    const total = shares.reduce((sum, share) => sum + share, 0)
    this.#quanta = shares.map((share) => Math.max(1, Math.round((share / total) * roundReadings)))
    this.#deficits = shares.map(() => 0)
  }

  /** The class to serve next and how much it may spend, or undefined when none is ready. */
  next(isReady: (index: number) => boolean): { index: number; budget: number } | undefined {
    for (;;) {
      let rounds = Infinity
      for (let tried = 0; tried <= this.#quanta.length; tried++) {
        const index = this.#turn
        if (isReady(index)) {
          if (this.#deficits[index] <= 0) this.#deficits[index] += this.#quanta[index]
          if (this.#deficits[index] > 0) return { index, budget: this.#deficits[index] }
          rounds = Math.min(rounds, Math.floor(-this.#deficits[index] / this.#quanta[index]))
        } else this.#deficits[index] = 0
        this.#advance()
      }
      if (rounds === Infinity) return undefined
      this.#skip(rounds)
    }
  }

  /** What the class has spent; it may overdraw by a slice, and pays that back in its next turn. */
  spend(index: number, readings: number, drained: boolean): void {
    this.#deficits[index] = drained
      ? Math.min(0, this.#deficits[index] - readings)
      : this.#deficits[index] - readings
    if (this.#deficits[index] <= 0 || drained) this.#advance()
  }

  /** All that is ready is in debt: the rounds in which nobody gets out of it are over at once. */
  #skip(rounds: number): void {
    this.#quanta.forEach((quantum, index) => {
      if (this.#deficits[index] < 0) this.#deficits[index] += rounds * quantum
    })
  }

  #advance(): void {
    this.#turn = (this.#turn + 1) % this.#quanta.length
  }
}
