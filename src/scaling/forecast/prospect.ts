import { TIERS } from '../../core/tiers.ts'
import { type Candidates, WAYS } from './lead-band.ts'

/** What each way of forecasting expects of a time: the highest demand, and what it is made of. Used again for each look. */
export class Prospect {
  /** Highest total by way; NaN = this way cannot see so far, or has not learned yet. */
  readonly totals: Candidates = new Float64Array(WAYS.length)
  /** What makes it up, by way and tier; of ways that can say something. */
  readonly byTier: readonly Float64Array[] = WAYS.map(() => new Float64Array(TIERS.length))

  /** Whether no way can say anything. */
  get isEmpty(): boolean {
    for (const total of this.totals) if (!Number.isNaN(total)) return false
    return true
  }

  clear(): void {
    for (let way = 0; way < this.totals.length; way++) this.totals[way] = NaN
  }

  /** A way expects this at some instant; what counts is the highest. */
  take(way: number, tiers: Float64Array): void {
    let total = 0
    for (let tier = 0; tier < tiers.length; tier++) total += tiers[tier]
    if (this.totals[way] >= total) return
    this.totals[way] = total
    const made = this.byTier[way]
    for (let tier = 0; tier < tiers.length; tier++) made[tier] = tiers[tier]
  }
}
