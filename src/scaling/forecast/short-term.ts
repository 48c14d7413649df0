/**
 * The next seconds to minutes: level and damped trend of each series at steps of a second (Gardner & McKenzie 1985), on
 * demand itself and not its logarithm: a fleet that is switched on rises by so many readings per second, not by a factor.
 */
import { TIERS } from '../../core/tiers.ts'

const LEVEL_GAIN = 0.3
const TREND_GAIN = 0.15
/** What is left of a trend a second later: one that goes on for ever would be worth 49 seconds. */
const DAMPING = 0.98
/** A trend multiplies the level by no more. */
const STEEPEST = 4

export class ShortTerm {
  readonly level: Float64Array
  readonly trend: Float64Array
  /** Sums by tier. */
  readonly #levels = new Float64Array(TIERS.length)
  readonly #trends = new Float64Array(TIERS.length)
  readonly #tiers: Uint8Array
  #hasSeen = false

  /** `tiers`: index of the tier of each series. */
  constructor(tiers: Uint8Array) {
    this.#tiers = tiers
    this.level = new Float64Array(tiers.length)
    this.trend = new Float64Array(tiers.length)
  }

  /** Whether there was a second yet; as long as there wasn't, it knows nothing. */
  get hasSeen(): boolean {
    return this.#hasSeen
  }

  /** One second on. */
  observe(demand: Float64Array): void {
    if (!this.#hasSeen) this.level.set(demand)
    this.#hasSeen = true
    const { level, trend } = this
    const [levels, trends, tiers] = [this.#levels, this.#trends, this.#tiers]
    levels.fill(0)
    trends.fill(0)
    for (let series = 0; series < demand.length; series++) {
      const drift = DAMPING * trend[series]
      const surprise = demand[series] - level[series] - drift
      level[series] += drift + LEVEL_GAIN * surprise
      trend[series] = drift + LEVEL_GAIN * TREND_GAIN * surprise
      levels[tiers[series]] += level[series]
      trends[tiers[series]] += trend[series]
    }
  }

  /** Expected demand of a series; `reach` from `trendReach`, or 0 to leave the trend aside. */
  predict(series: number, reach: number): number {
    return extended(this.level[series], this.trend[series], reach)
  }

  /** Puts the expected demand of all series of each tier together into `byTier`. */
  predictTiers(reach: number, byTier: Float64Array): Float64Array {
    for (let tier = 0; tier < byTier.length; tier++)
      byTier[tier] = extended(this.#levels[tier], this.#trends[tier], reach)
    return byTier
  }
}

function extended(level: number, trend: number, reach: number): number {
  const least = Math.max(0, level)
  return Math.min(Math.max(0, least + reach * trend), least * STEEPEST)
}

/** What a trend of 1 amounts to after `seconds`. */
export const trendReach = (seconds: number): number => (DAMPING * (1 - DAMPING ** seconds)) / (1 - DAMPING)
