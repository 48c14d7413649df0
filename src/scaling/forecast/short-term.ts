/**
 * The next seconds to minutes: level and damped trend of each series at steps of a second (Gardner & McKenzie 1985), on
 * demand itself and not its logarithm: a fleet that is switched on rises by so many readings per second, not by a factor.
 */
const LEVEL_GAIN = 0.3
const TREND_GAIN = 0.15
/** What is left of a trend a second later: one that goes on for ever would be worth 49 seconds. */
const DAMPING = 0.98
/** A trend multiplies the level by no more. */
const STEEPEST = 4

export class ShortTerm {
  readonly level: Float64Array
  readonly trend: Float64Array
  #hasSeen = false

  constructor(series: number) {
    this.level = new Float64Array(series)
    this.trend = new Float64Array(series)
  }

  /** One second on. */
  observe(demand: Float64Array): void {
    if (!this.#hasSeen) this.level.set(demand)
    this.#hasSeen = true
    for (let series = 0; series < demand.length; series++) {
      const drift = DAMPING * this.trend[series]
      const surprise = demand[series] - this.level[series] - drift
      this.level[series] += drift + LEVEL_GAIN * surprise
      this.trend[series] = drift + LEVEL_GAIN * TREND_GAIN * surprise
    }
  }

  /** Expected demand of a series; `reach` from `trendReach`, or 0 to leave the trend aside. */
  predict(series: number, reach: number): number {
    const level = Math.max(0, this.level[series])
    return Math.min(Math.max(0, level + reach * this.trend[series]), level * STEEPEST)
  }
}

/** What a trend of 1 amounts to after `seconds`. */
export const trendReach = (seconds: number): number => (DAMPING * (1 - DAMPING ** seconds)) / (1 - DAMPING)
