import type { Random } from '../../core/random.ts'

/** Deviations that come and go: the logarithm is an autoregressive process of first order. */
export class Noise {
  readonly #deviation: number
  readonly #lastsMs: number
  readonly #random: Random
  #value = 0
  /** Of a step of `#ms`: what is left of the deviation before, and what chance adds. */
  #ms = NaN
  #kept = 0
  #fresh = 0

  constructor(share: number, lastsMs: number, random: Random) {
    this.#deviation = Math.sqrt(Math.log1p(share * share))
    this.#lastsMs = lastsMs
    this.#random = random
  }

  /** The factor after `ms` more; 1 on average. */
  step(ms: number): number {
    if (this.#deviation === 0) return 1
    if (ms !== this.#ms) this.#stepBy(ms)
    this.#value = this.#kept * this.#value + this.#fresh * normal(this.#random)
    return Math.exp(this.#value - (this.#deviation * this.#deviation) / 2)
  }

  #stepBy(ms: number): void {
    this.#ms = ms
    this.#kept = Math.exp(-ms / this.#lastsMs)
    this.#fresh = Math.sqrt(1 - this.#kept * this.#kept) * this.#deviation
  }
}

/** A draw of the standard normal distribution (G. Box, M. Muller, 1958). */
export const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
