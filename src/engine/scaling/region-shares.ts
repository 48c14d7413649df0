/**
 * Readings are refused before anybody looks where they are from, so of these only the tier is known: they are taken to be
 * of its regions as what was accepted lately. Of a tier of which nothing was accepted yet, they are of no region.
 */
import { TIERS } from '../../core/tiers.ts'

/** What is left of an earlier look, with each that found something. */
const FADING = 0.9

export class RegionShares {
  /** By series, in the order of `engineSeries`. */
  readonly #recent: Float64Array

  constructor(series: number) {
    this.#recent = new Float64Array(series)
  }

  /** Readings accepted by series and refused by tier, together by series. */
  arrivals(accepted: Float64Array, refused: readonly number[]): Float64Array {
    const arrivals = accepted.slice()
    for (let tier = 0; tier < TIERS.length; tier++) {
      this.#learn(accepted, tier)
      if (refused[tier] > 0) this.#share(arrivals, refused[tier], tier)
    }
    return arrivals
  }

  #learn(accepted: Float64Array, tier: number): void {
    if (sumOf(accepted, tier) === 0) return
    for (let series = tier; series < accepted.length; series += TIERS.length)
      this.#recent[series] = this.#recent[series] * FADING + accepted[series]
  }

  #share(arrivals: Float64Array, refused: number, tier: number): void {
    const all = sumOf(this.#recent, tier)
    if (all === 0) {
      arrivals[tier] += refused
      return
    }
    for (let series = tier; series < arrivals.length; series += TIERS.length)
      arrivals[series] += (refused * this.#recent[series]) / all
  }
}

/** Of all series of a tier. */
function sumOf(values: Float64Array, tier: number): number {
  let sum = 0
  for (let series = tier; series < values.length; series += TIERS.length) sum += values[series]
  return sum
}
