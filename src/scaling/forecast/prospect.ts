import { TIERS } from '../../core/tiers.ts'
import { type Candidates, WAYS } from './lead-band.ts'

/** What each way of forecasting expects of a time: the highest demand, and what it is made of. Used again for each look. */
export class Prospect {
  /** Highest total by way; NaN = this way cannot see so far, or has not learned yet. */
  readonly totals: Candidates = new Float64Array(WAYS.length)
  /** What makes it up, by way and tier. */
  readonly byTier: readonly Float64Array[] = WAYS.map(() => new Float64Array(TIERS.length))

  /** Whether no way can say anything. */
  get isEmpty(): boolean {
    return this.totals.every(Number.isNaN)
  }

  clear(): void {
    this.totals.fill(NaN)
    for (const tiers of this.byTier) tiers.fill(0)
  }

  /** A way expects this at some instant; what counts is the highest. */
  take(way: number, tiers: Float64Array): void {
    let total = 0
    for (let tier = 0; tier < tiers.length; tier++) total += tiers[tier]
    if (this.totals[way] >= total) return
    this.totals[way] = total
    this.byTier[way].set(tiers)
  }
}
