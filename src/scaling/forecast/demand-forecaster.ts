/**
 * The forecaster of the engine: three resolutions of the same demand (seconds: level and damped trend; minutes: day season
 * and the hours of the week; hours: day and week), of which each span of lead times uses what did best there lately.
 *
 *   arrivals ─ calendar ─► usual demand ─┬─► seconds ─┐
 *                                        ├─► minutes ─┼─► outlook ─► band (weights, ratios) ─► forecast
 *                                        └─► hours ───┘      ▲
 *   activations ──────────────────────────────────────► announced
 *
 * It has no clock: time is what the seconds it is shown say.
 */
import type {
  DemandForecast,
  DemandForecaster,
  DemandSecond,
  DemandSeries,
  ForecastAccuracy,
} from '../../core/scaling.ts'
import { assert, MillraceError } from '../../core/errors.ts'
import { type Tier, tierIndex, TIERS } from '../../core/tiers.ts'
import { RollingAccuracy } from './accuracy.ts'
import { Announced } from './announced.ts'
import { Calendar } from './calendar.ts'
import { learnedOf } from './ensemble-state.ts'
import { type HistoryRow, readHistory } from './history-csv.ts'
import type { KnownEvent } from './known-event.ts'
import { type BandSpan, LeadBand } from './lead-band.ts'
import { HOUR_MEMBERS, MINUTE_MEMBERS } from './member.ts'
import { Outlook, type Prospect } from './outlook.ts'
import { Resolution } from './resolution.ts'
import { ShortTerm } from './short-term.ts'
import { type Learned, readSnapshot, type RestoreOutcome, writeSnapshot } from './snapshot.ts'
import { zonedSeason, zoneOffset } from './zoned-season.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS
/** Of what is expected, less is taken for an outage, for so many seconds; an ordinary second takes back a part of one. */
const GONE = 0.1
const GONE_PATIENCE_SECONDS = 4 * 3600
const TRUST_REGAINED = 0.1

/** Spans of lead times, one after the other. */
export const BAND_SPANS: readonly BandSpan[] = [0, 5, 30, 120, 600, 3600, 6 * 3600, 24 * 3600].map(
  (from, i, all) => ({ fromMs: from * SECOND_MS, untilMs: (all[i + 1] ?? 7 * 24 * 3600) * SECOND_MS }),
)

export const HOUR_LEARNING = {
  members: HOUR_MEMBERS,
  leads: [1, 5, 13, 29, 43],
  discount: 0.995,
  patience: 12,
}
export const MINUTE_LEARNING = {
  members: MINUTE_MEMBERS,
  leads: [1, 5, 17, 43],
  discount: 0.999,
  patience: 240,
}

export interface ForecasterOptions {
  readonly series: readonly DemandSeries[]
  /** IANA name of the time zone by whose clocks days and weeks repeat. */
  readonly timeZone: string
  /** At which forecasts are compared with what came, for `accuracy()`. */
  readonly leadMs: number
  /** Of calendars; see parseYamlCalendar and parseIcsCalendar. */
  readonly events: readonly KnownEvent[]
}

interface Expected {
  readonly expected: number
  readonly byTier: Float64Array
}

export class SeasonalForecaster implements DemandForecaster {
  readonly series: readonly DemandSeries[]
  readonly #events: Calendar
  /** Of series and time zone, in words: what a snapshot must agree with. */
  readonly #shape: string
  readonly #shortTerm: ShortTerm
  readonly #minutes: Resolution
  readonly #hours: Resolution
  readonly #outlook: Outlook
  readonly #bands = BAND_SPANS.map((span) => new LeadBand(span))
  readonly #announced = new Announced()
  readonly #accuracy: RollingAccuracy
  readonly #usual: Float64Array
  /** Just after the last second seen; NaN = none seen. */
  #now = NaN
  #goneSeconds = 0

  constructor({ series, timeZone, leadMs, events }: ForecasterOptions) {
    const offset = zoneOffset(timeZone)
    const tiers = Uint8Array.from(series, ({ tier }) => tierIndex(tier))
    const effect = (from: number, until: number) => this.#events.effectBetween(from, until)
    const resolution = (stepMs: number, learning: typeof HOUR_LEARNING): Resolution => {
      const shape = { ...learning, series: series.length, season: zonedSeason(stepMs, offset) }
      return new Resolution({ stepMs, shape, tiers, effect })
    }
    this.series = series
    this.#events = new Calendar(series, events)
    this.#shape = JSON.stringify([timeZone, ...series.map(({ tier, region }) => [tier, region])])
    this.#shortTerm = new ShortTerm(series.length)
    this.#minutes = resolution(MINUTE_MS, MINUTE_LEARNING)
    this.#hours = resolution(HOUR_MS, HOUR_LEARNING)
    const parts = { shortTerm: this.#shortTerm, minutes: this.#minutes, hours: this.#hours }
    this.#outlook = new Outlook({ ...parts, tiers, events: this.#events })
    this.#accuracy = new RollingAccuracy(leadMs, (at) => this.forecast(at, at, 0.5).expected)
    this.#usual = new Float64Array(series.length)
  }

  observe({ at, arrivals, activations, mask }: DemandSecond): void {
    assert(arrivals.length === this.series.length, 'arrivals are given for each series')
    const usual = mask === null ? this.#withoutEvents(at, arrivals) : null
    this.#minutes.observe(at, usual)
    this.#hours.observe(at, usual)
    const demand = mask === null ? sumOf(arrivals) : NaN
    const believed = this.#isGone(at, demand) ? NaN : demand
    for (const band of this.#bands) band.observe(at, believed)
    this.#accuracy.observe(at, believed)
    if (usual !== null) this.#shortTerm.observe(usual)
    this.#announced.observe(at, activations, demand)
    this.#now = at + SECOND_MS
    if (mask === null) this.#beginTrial(SECOND_MS)
  }

  forecast(from: number, until: number, quantile: number): DemandForecast {
    if (Number.isNaN(this.#now)) return { expected: 0, upper: 0, byTier: tierRecord(), reason: '' }
    const first = Math.max(from, this.#now)
    const last = Math.max(first, until)
    let best: Expected = { expected: -1, byTier: new Float64Array(TIERS.length) }
    let upper = 0
    for (const band of this.#bands) {
      const part = this.#partIn(band, first, last)
      if (part === null) continue
      const said = this.#expect(band, this.#outlook.look(this.#now, part.from, part.until, band.span.untilMs))
      if (said.expected > best.expected) best = said
      upper = Math.max(upper, said.expected * band.ratios.quantile(quantile))
    }
    const announced = this.#announced.expected()
    const lift = best.expected > 0 ? Math.max(1, announced / best.expected) : 1
    return {
      expected: best.expected * lift,
      upper: Math.max(upper, best.expected * lift),
      byTier: tierRecord([...best.byTier], lift),
      reason: this.#events.effectBetween(first, last + 1)?.reason ?? '',
    }
  }

  accuracy(): ForecastAccuracy {
    return this.#accuracy.read()
  }

  /** Takes up history before the first second; returns how many times it had. Steps of an hour or less, oldest first. */
  async learnFrom(lines: AsyncIterable<string>): Promise<number> {
    let first = null as HistoryRow | null
    let stepMs = NaN
    let rows = 0
    for await (const row of readHistory(lines, this.series)) {
      rows++
      if (first === null) {
        first = row
        continue
      }
      if (Number.isNaN(stepMs)) {
        stepMs = historyStep(row.at - first.at)
        this.#learnRow(first, stepMs)
      }
      this.#learnRow(row, stepMs)
    }
    return rows
  }

  /** What was learned, as bytes for `restore`. What is under way (an hour begun, trials) is not in it. */
  snapshot(): Uint8Array {
    this.#minutes.finish()
    this.#hours.finish()
    return writeSnapshot(this.#shape, this.#learned())
  }

  /** Goes on from a snapshot; meant for before the first second. A refused one changes nothing. */
  restore(bytes: Uint8Array): RestoreOutcome {
    const outcome = readSnapshot(bytes, this.#shape, this.#learned())
    if (outcome.restored) {
      this.#minutes.resume()
      this.#hours.resume()
    }
    return outcome
  }

  /** Other events are known from now on. */
  replaceEvents(events: readonly KnownEvent[]): void {
    this.#events.replace(events)
    this.#minutes.forget()
    this.#hours.forget()
  }

  #learned(): Learned {
    const ensembles = [this.#minutes, this.#hours].flatMap(({ ensemble }) => learnedOf(ensemble.state))
    const bands = this.#bands.flatMap((band) => band.learned)
    return [...ensembles, ...bands, ...this.#accuracy.learned, this.#announced.learned]
  }

  #learnRow({ at, demand }: HistoryRow, stepMs: number): void {
    const usual = this.#withoutEvents(at, demand)
    const seconds = stepMs / SECOND_MS
    if (stepMs <= MINUTE_MS) this.#minutes.observe(at, usual, seconds)
    this.#hours.observe(at, usual, seconds)
    this.#minutes.finish()
    this.#hours.finish()
    for (const band of this.#bands) band.observe(at, sumOf(demand))
    this.#now = at + stepMs
    this.#beginTrial(stepMs)
  }

  /** Nearly all demand is missing all at once: that is rather an outage than a habit. */
  #isGone(at: number, demand: number): boolean {
    const isLow = this.#minutes.hasSeen && demand < sumOf(this.#minutes.expect(at)) * GONE
    this.#goneSeconds = isLow ? this.#goneSeconds + 1 : Math.max(0, this.#goneSeconds - TRUST_REGAINED)
    return isLow && this.#goneSeconds <= GONE_PATIENCE_SECONDS
  }

  /** Demand as it would be without the known events of the time. */
  #withoutEvents(at: number, arrivals: Float64Array): Float64Array {
    const known = this.#events.effectBetween(at, at + SECOND_MS)
    if (known === null) return arrivals
    for (let series = 0; series < arrivals.length; series++) {
      this.#usual[series] = Math.max(0, arrivals[series] - known.extra[series]) / known.factor[series]
    }
    return this.#usual
  }

  /** What of a time lies in the span of a band; the last band goes on for ever. */
  #partIn(band: LeadBand, first: number, last: number): { from: number; until: number } | null {
    const isLast = band === this.#bands[this.#bands.length - 1]
    const begin = this.#now + band.span.fromMs
    const end = isLast ? Infinity : this.#now + band.span.untilMs
    if (first >= end || last < begin) return null
    return { from: Math.max(first, begin), until: Math.min(last, end) }
  }

  #expect(band: LeadBand, { totals, byTier }: Prospect): Expected {
    const weights = band.weights(totals)
    const tiers = new Float64Array(TIERS.length)
    byTier.forEach((made, way) => made.forEach((value, tier) => (tiers[tier] += weights[way] * value)))
    return { expected: tiers.reduce((sum, value) => sum + value, 0), byTier: tiers }
  }

  /** At most one at a time, so that no second costs much; none of a span that `stepMs` of data can't tell of. */
  #beginTrial(stepMs: number): void {
    const due = this.#bands.find(
      ({ span, isDue }) => isDue(this.#now) && (stepMs === SECOND_MS || span.fromMs >= stepMs),
    )
    if (due === undefined) return
    const { fromMs, untilMs } = due.span
    const prospect = this.#outlook.look(this.#now, this.#now + fromMs, this.#now + untilMs - 1, untilMs)
    due.begin(this.#now, prospect.totals, this.#expect(due, prospect).expected)
  }
}

const sumOf = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0)

function historyStep(stepMs: number): number {
  if (stepMs <= HOUR_MS) return stepMs
  const message = `history: steps of ${stepMs / HOUR_MS} hours; allowed are steps of an hour or less`
  throw new MillraceError('bad-request', message, { stepMs })
}

function tierRecord(
  values: readonly number[] = TIERS.map(() => 0),
  factor = 1,
): Readonly<Record<Tier, number>> {
  const [critical, premium, standard, bulk] = values.map((value) => value * factor)
  return { critical, premium, standard, bulk }
}
