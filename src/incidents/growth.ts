/** How many joined in the last minute of event time, in steps of ten seconds, and the most that ever did. */
const STEP_MS = 10_000
const STEPS = 6

export class Growth {
  readonly #counts = new Float64Array(STEPS)
  /** The step that the newest count is of. */
  #newest = -Infinity
  #peak = 0
  #inMinute = 0

  get peak(): number {
    return this.#peak
  }

  /** One more that joined at `time`. */
  add(time: number, count = 1): void {
    const step = Math.floor(time / STEP_MS)
    this.#moveTo(step)
    if (step <= this.#newest - STEPS) return
    this.#counts[placeOf(step)] += count
    this.#inMinute += count
    this.#peak = Math.max(this.#peak, this.#inMinute)
  }

  /** Joined in the minute before `now`. */
  perMinute(now: number): number {
    this.#moveTo(Math.floor(now / STEP_MS))
    return this.#inMinute
  }

  /** Those of another one have joined, too. */
  merge(other: Growth): void {
    for (const [time, count] of other.entries()) this.add(time, count)
    this.#peak = Math.max(this.#peak, other.#peak)
  }

  /** Time and count of each step, the oldest first. */
  *entries(): Generator<[time: number, count: number]> {
    if (this.#newest === -Infinity) return
    for (let step = this.#newest - STEPS + 1; step <= this.#newest; step++) {
      const count = this.#counts[placeOf(step)]
      if (count > 0) yield [step * STEP_MS, count]
    }
  }

  toJSON(): { readonly steps: [number, number][]; readonly peak: number } {
    return { steps: [...this.entries()], peak: this.#peak }
  }

  static from({ steps, peak }: ReturnType<Growth['toJSON']>): Growth {
    const growth = new Growth()
    for (const [time, count] of steps) growth.add(time, count)
    growth.#peak = peak
    return growth
  }

  #moveTo(step: number): void {
    if (step <= this.#newest) return
    const gone = Math.min(STEPS, step - this.#newest)
    for (let i = 0; i < gone; i++) {
      this.#inMinute -= this.#counts[placeOf(step - i)]
      this.#counts[placeOf(step - i)] = 0
    }
    this.#newest = step
  }
}

const placeOf = (step: number): number => ((step % STEPS) + STEPS) % STEPS
