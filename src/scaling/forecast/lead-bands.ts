/**
 * The spans of lead times, one after the other, and what is forecast of a time that lies in some of them: the highest of
 * what each expects of its part.
 */
import { TIERS } from '../../core/tiers.ts'
import { type BandSpan, LeadBand } from './lead-band.ts'
import type { Outlook } from './outlook.ts'
import type { Prospect } from './prospect.ts'
import type { Learned } from './snapshot.ts'

const SECOND_MS = 1000

/** The last one goes on for ever. */
export const BAND_SPANS: readonly BandSpan[] = [0, 5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600].map(
  (from, i, all) => ({ fromMs: from * SECOND_MS, untilMs: (all[i + 1] ?? 7 * 24 * 3600) * SECOND_MS }),
)

/** Of a time; used again for the next. */
export interface Ahead {
  expected: number
  /** Not exceeded with the probability asked for. */
  upper: number
  /** Of `expected`. */
  readonly byTier: Float64Array
}

export class LeadBands {
  readonly #bands = BAND_SPANS.map((span) => new LeadBand(span))
  readonly #outlook: Outlook
  readonly #ahead: Ahead = { expected: 0, upper: 0, byTier: new Float64Array(TIERS.length) }
  readonly #tiers = new Float64Array(TIERS.length)

  constructor(outlook: Outlook) {
    this.#outlook = outlook
  }

  /** What a snapshot keeps. */
  get learned(): Learned {
    return this.#bands.flatMap((band) => band.learned)
  }

  /** What was learned before is there again. */
  resume(): void {
    for (const band of this.#bands) band.resume()
  }

  /** A time that began at `at`; `demand` NaN = it says nothing. */
  observe(at: number, demand: number): void {
    for (let index = 0; index < this.#bands.length; index++) this.#bands[index].observe(at, demand)
  }

  /** The highest demand between `first` and `last`, both not before `now`. */
  forecast(now: number, first: number, last: number, quantile: number): Ahead {
    const ahead = this.#ahead
    ahead.expected = -1
    ahead.upper = 0
    for (let index = 0; index < this.#bands.length; index++) {
      const band = this.#bands[index]
      const begin = now + band.span.fromMs
      const end = index === this.#bands.length - 1 ? Infinity : now + band.span.untilMs
      if (first >= end || last < begin) continue
      const { untilMs } = band.span
      const prospect = this.#outlook.look(now, Math.max(first, begin), Math.min(last, end), untilMs)
      const expected = this.#expect(band, prospect)
      ahead.upper = Math.max(ahead.upper, expected * band.ratios.quantile(quantile))
      if (expected <= ahead.expected) continue
      ahead.expected = expected
      for (let tier = 0; tier < TIERS.length; tier++) ahead.byTier[tier] = this.#tiers[tier]
    }
    return ahead
  }

  /** At most one at a time, so that no second costs much; none of a span that `stepMs` of data can't tell of. */
  beginTrial(now: number, stepMs: number): void {
    const due = this.#due(now, stepMs)
    if (due === undefined) return
    const { fromMs, untilMs } = due.span
    if (!this.#outlook.isReady(now + fromMs, now + untilMs - 1, untilMs)) return
    const prospect = this.#outlook.look(now, now + fromMs, now + untilMs - 1, untilMs)
    due.begin(now, prospect.totals, this.#expect(due, prospect))
  }

  #due(now: number, stepMs: number): LeadBand | undefined {
    for (const band of this.#bands)
      if (band.isDue(now) && (stepMs === SECOND_MS || band.span.fromMs >= stepMs)) return band
    return undefined
  }

  /** What the ways come to with their weights in this span; `#tiers` says of which tiers. */
  #expect(band: LeadBand, { totals, byTier }: Prospect): number {
    const tiers = this.#tiers
    const weights = band.weights(totals)
    let sum = 0
    for (let tier = 0; tier < tiers.length; tier++) {
      let expected = 0
      for (let way = 0; way < weights.length; way++)
        if (weights[way] > 0) expected += weights[way] * byTier[way][tier]
      tiers[tier] = expected
      sum += expected
    }
    return sum
  }
}
