/** What has wanted in by tier and region: for people and metrics, not for decisions. */
import type { DemandSeries, SeriesDemand } from '../core/scaling.ts'

export class DemandBook {
  readonly #series: readonly DemandSeries[]
  readonly #totals: Float64Array
  readonly #perSecond: Float64Array

  constructor(series: readonly DemandSeries[]) {
    this.#series = series
    this.#totals = new Float64Array(series.length)
    this.#perSecond = new Float64Array(series.length)
  }

  /** Of the `elapsedMs` before. */
  take(arrivals: Float64Array, elapsedMs: number): void {
    for (let series = 0; series < this.#totals.length; series++) {
      this.#totals[series] += arrivals[series]
      this.#perSecond[series] = (arrivals[series] * 1000) / elapsedMs
    }
  }

  /** Series that never had any are left out: most regions have no readings of most tiers. */
  list(): SeriesDemand[] {
    return this.#series.flatMap(({ tier, region }, series) => {
      const total = this.#totals[series]
      return total > 0 ? [{ tier, region, perSecond: this.#perSecond[series], total }] : []
    })
  }
}
