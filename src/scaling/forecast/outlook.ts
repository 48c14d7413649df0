/**
 * What each way of forecasting expects of a time: the highest demand of the instants looked at, all series together, and
 * how it is made up by tier. Near times are looked at minute by minute, farther ones in strides, beyond an hour by hours.
 */
import { TIERS } from '../../core/tiers.ts'
import type { KnownEvents } from './calendar-effect.ts'
import { WAYS } from './lead-band.ts'
import type { Resolution } from './resolution.ts'
import { type ShortTerm, trendReach } from './short-term.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CLOSE_MS = 10 * MINUTE_MS
const STRIDE = 5
const SHORT_SIGHT_MS = CLOSE_MS
const MINUTE_SIGHT_MS = HOUR_MS

export interface Prospect {
  /** Highest total by way; NaN = this way cannot see so far, or has not learned yet. */
  readonly totals: Float64Array
  /** What makes it up, by way and tier. */
  readonly byTier: readonly Float64Array[]
}

export interface OutlookParts {
  readonly shortTerm: ShortTerm
  readonly minutes: Resolution
  readonly hours: Resolution
  readonly tiers: Uint8Array
  readonly events: KnownEvents
}

export class Outlook {
  readonly #parts: OutlookParts

  constructor(parts: OutlookParts) {
    this.#parts = parts
  }

  /** `untilMs` of the band tells how far the look goes at most, and so which ways can say something. */
  look(now: number, from: number, until: number, bandUntilMs: number): Prospect {
    const totals = new Float64Array(WAYS.length).fill(NaN)
    const byTier = WAYS.map(() => new Float64Array(TIERS.length))
    const take = (way: number, tiers: Float64Array): void => {
      const total = tiers.reduce((sum, value) => sum + value, 0)
      if (totals[way] >= total) return
      totals[way] = total
      byTier[way].set(tiers)
    }
    const { minutes, hours } = this.#parts
    const stride = bandUntilMs <= CLOSE_MS ? MINUTE_MS : STRIDE * MINUTE_MS
    if (bandUntilMs <= SHORT_SIGHT_MS) this.#lookShort(now, from, until, take)
    if (bandUntilMs <= MINUTE_SIGHT_MS && minutes.hasSeen) {
      for (const at of instants(from, until, stride)) take(2, minutes.expect(at))
    }
    if (hours.hasSeen) for (const at of instants(from, until, HOUR_MS)) take(3, hours.expect(at))
    // further than minutes see, and no hour has ended yet: as much as now is all there is to say
    if (totals.every(Number.isNaN)) take(0, this.#shortTermAt(from, 0))
    return { totals, byTier }
  }

  #lookShort(
    now: number,
    from: number,
    until: number,
    take: (way: number, tiers: Float64Array) => void,
  ): void {
    const isPlain = this.#parts.events.effectBetween(from, until + 1) === null
    const times = isPlain ? [from, until] : instants(from, until, MINUTE_MS)
    for (const at of times) {
      take(0, this.#shortTermAt(at, 0))
      take(1, this.#shortTermAt(at, trendReach((at - now) / 1000)))
    }
  }

  #shortTermAt(at: number, reach: number): Float64Array {
    const { shortTerm, tiers, events } = this.#parts
    const known = events.effectBetween(at, at + 1)
    const byTier = new Float64Array(TIERS.length)
    for (let series = 0; series < tiers.length; series++) {
      const usual = shortTerm.predict(series, reach)
      byTier[tiers[series]] += known === null ? usual : usual * known.factor[series] + known.extra[series]
    }
    return byTier
  }
}

/** `from`, the multiples of `stride` after it, and `until`. */
function instants(from: number, until: number, stride: number): readonly number[] {
  const times = [from]
  for (let at = (Math.floor(from / stride) + 1) * stride; at < until; at += stride) times.push(at)
  if (until > from) times.push(until)
  return times
}
