/**
 * The next seconds to minutes: level and damped trend of each series at steps of a second (Gardner & McKenzie 1985), on
 * demand itself and not its logarithm: a fleet that is switched on rises by so many readings per second, not by a factor.
 */
import { TIERS } from '../../core/tiers.ts'
import type { EventEffect } from './calendar-effect.ts'

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
  /** The same during an event. */
  readonly #raisedLevels = new Float64Array(TIERS.length)
  readonly #raisedTrends = new Float64Array(TIERS.length)
  /** Factors of the events that these were raised by; null = since then there was another second. */
  #raisedBy: Float64Array | null = null
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
    this.#raisedBy = null
    const { level, trend } = this
    const [levels, trends, tiers] = [this.#levels, this.#trends, this.#tiers]
    for (let tier = 0; tier < levels.length; tier++) levels[tier] = trends[tier] = 0
    for (let series = 0; series < demand.length; series++) {
      const drift = DAMPING * trend[series]
      const surprise = demand[series] - level[series] - drift
      level[series] += drift + LEVEL_GAIN * surprise
      trend[series] = drift + LEVEL_GAIN * TREND_GAIN * surprise
      levels[tiers[series]] += level[series]
      trends[tiers[series]] += trend[series]
    }
  }

  /**
   * Puts the expected demand of all series of each tier together into `byTier`, with what events do to it. `reach` from
   * `trendReach`, or 0 to leave the trend aside.
   */
  predictTiers(reach: number, effect: EventEffect | null, byTier: Float64Array): Float64Array {
    if (effect !== null) this.#raise(effect.factor)
    const [levels, trends] =
      effect === null ? [this.#levels, this.#trends] : [this.#raisedLevels, this.#raisedTrends]
    for (let tier = 0; tier < byTier.length; tier++)
      byTier[tier] = extended(levels[tier], trends[tier], reach)
    if (effect !== null && effect.extra !== null) addUp(effect.extra, this.#tiers, byTier)
    return byTier
  }

  /** Within a second the same events are asked about again and again. */
  #raise(factor: Float64Array): void {
    if (factor === this.#raisedBy) return
    this.#raisedBy = factor
    const { level, trend } = this
    const [levels, trends, tiers] = [this.#raisedLevels.fill(0), this.#raisedTrends.fill(0), this.#tiers]
    for (let series = 0; series < tiers.length; series++) {
      levels[tiers[series]] += factor[series] * level[series]
      trends[tiers[series]] += factor[series] * trend[series]
    }
  }
}

function addUp(values: Float64Array, tiers: Uint8Array, sums: Float64Array): void {
  for (let series = 0; series < tiers.length; series++) sums[tiers[series]] += values[series]
}

function extended(level: number, trend: number, reach: number): number {
  const least = Math.max(0, level)
  return Math.min(Math.max(0, least + reach * trend), least * STEEPEST)
}

const reachOf = (seconds: number): number => (DAMPING * (1 - DAMPING ** seconds)) / (1 - DAMPING)

/** Of the first ten minutes: forecasts are of whole seconds again and again. */
const REACHES = Float64Array.from({ length: 600 }, (_, seconds) => reachOf(seconds))

/** What a trend of 1 amounts to after `seconds`. */
export const trendReach = (seconds: number): number =>
  seconds < REACHES.length && Number.isInteger(seconds) ? REACHES[seconds] : reachOf(seconds)
