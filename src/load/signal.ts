import type { Random } from '../core/random.ts'

/** Standard deviation of ordinary values, and how many of them an anomaly lies away from the device's usual value. */
export const SIGMA = 0.5
const ANOMALY_SIGMAS = 20

const TABLE = 16_384
const MASK = TABLE - 1
const NEVER = 0x3fff_ffff

/** Standard normal numbers (Box–Muller), made once and read from random places: a draw costs one load. */
export function gaussianTable(random: Random): Float64Array {
  return Float64Array.from(
    { length: TABLE },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  )
}

/** Events until the next one that happens with probability `share`: 1, 2, …; geometrically distributed. */
export function gapTo(share: number, random: Random): number {
  if (share <= 0) return NEVER
  if (share >= 1) return 1
  return Math.min(NEVER, 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - share)))
}

/** The values a connection sends: Gaussian around the device's mean, now and then far off. */
export class Signal {
  /** Anomalous values given out so far. */
  anomalies = 0
  readonly #noise: Float64Array
  readonly #share: number
  readonly #random: Random
  #at = 0
  #untilAnomaly: number

  constructor(noise: Float64Array, anomalyShare: number, random: Random) {
    this.#noise = noise
    this.#share = anomalyShare
    this.#random = random
    this.#untilAnomaly = gapTo(anomalyShare, random)
  }

  /** Moves to another place of the table, so that frames don't repeat each other. */
  jump(): void {
    this.#at = (this.#random() * TABLE) | 0
  }

  next(mean: number): number {
    if (--this.#untilAnomaly === 0) {
      this.#untilAnomaly = gapTo(this.#share, this.#random)
      if (this.#share > 0) return this.#anomaly(mean)
    }
    this.#at = (this.#at + 1) & MASK
    return mean + SIGMA * this.#noise[this.#at]
  }

  #anomaly(mean: number): number {
    this.anomalies++
    const far = ANOMALY_SIGMAS * SIGMA
    return this.#random() < 0.5 ? mean - far : mean + far
  }
}
