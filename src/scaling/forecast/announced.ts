/**
 * Devices that have just registered or connected announce demand before it can be measured. How much one brings is learned
 * by least squares through the origin, with forgetting: the rise of demand over a period against the activations in the
 * period before. What is announced fades as it turns into demand that is measured.
 */
const PERIOD_MS = 30_000
const SECOND_MS = 1000
/** Of what is announced, what is left a second later. */
const FADING = Math.exp(-SECOND_MS / PERIOD_MS)
const FORGETTING = 0.98
/** Activations in a period that can be learned from; fewer drown in the noise. */
const FEW = 5
const LEVEL_GAIN = 0.3

export class Announced {
  /** Activations that did not turn into demand yet. */
  #pending = 0
  #level = 0
  /** Readings per second that a device brings, and the sums of products and squares that this comes from. */
  readonly learned = new Float64Array(3)
  #period = NaN
  #sum = 0
  #seconds = 0
  #activations = 0
  #before = { mean: NaN, activations: 0 }

  /** A second; `demand` NaN = masked. */
  observe(at: number, activations: number, demand: number): void {
    const period = Math.floor(at / PERIOD_MS)
    if (period !== this.#period) this.#turn(period)
    this.#pending = this.#pending * FADING + activations
    this.#activations += activations
    if (Number.isNaN(demand)) return
    this.#level += LEVEL_GAIN * (demand - this.#level)
    this.#sum += demand
    this.#seconds++
  }

  /** Demand to expect because of what was measured last and announced since. 0 = nothing is announced. */
  expected(): number {
    const coming = this.#pending * this.learned[0]
    return coming < 1 ? 0 : this.#level + coming
  }

  #turn(period: number): void {
    const isNext = period === this.#period + 1
    const mean = this.#seconds > 0 ? this.#sum / this.#seconds : NaN
    if (isNext) this.#learn(mean - this.#before.mean)
    this.#before = { mean: isNext || Number.isNaN(this.#period) ? mean : NaN, activations: this.#activations }
    this.#period = period
    this.#sum = this.#seconds = this.#activations = 0
  }

  #learn(rise: number): void {
    // those of the period itself have brought half of their demand on average, those before the other half
    const activations = (this.#activations + this.#before.activations) / 2
    if (Number.isNaN(rise) || activations < FEW) return
    const products = this.learned[1] * FORGETTING + rise * activations
    const squares = this.learned[2] * FORGETTING + activations * activations
    this.learned.set([Math.max(0, products / squares), products, squares])
  }
}
