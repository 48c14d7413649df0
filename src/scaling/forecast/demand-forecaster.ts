/**
 * The forecaster of the engine: three resolutions of the same demand (seconds: level and damped trend; minutes: day season
 * and the hours of the week; hours: day and week), of which each span of lead times uses what did best there lately.
 *
 *   arrivals ─ calendar ─► usual demand ─┬─► seconds ─┐
 *                                        ├─► minutes ─┼─► outlook ─► bands (weights, ratios) ─► forecast
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
import { assert } from '../../core/errors.ts'
import { tierIndex } from '../../core/tiers.ts'
import { RollingAccuracy } from './accuracy.ts'
import { Announced } from './announced.ts'
import { Calendar } from './calendar.ts'
import type { EffectOf, EventEffect } from './calendar-effect.ts'
import { learnedOf } from './ensemble-state.ts'
import type { HistoryRow } from './history-csv.ts'
import { historySteps } from './history-steps.ts'
import type { KnownEvent } from './known-event.ts'
import { LeadBands } from './lead-bands.ts'
import { HOUR_LEARNING, type Learning, MINUTE_LEARNING } from './learning.ts'
import { MissingDemand } from './missing-demand.ts'
import { Outlook } from './outlook.ts'
import { Resolution } from './resolution.ts'
import { ShortTerm } from './short-term.ts'
import { type Learned, readSnapshot, type RestoreOutcome, writeSnapshot } from './snapshot.ts'
import type { FinishedStep } from './step-means.ts'
import { zonedSeason, zoneOffset } from './zoned-season.ts'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

export interface ForecasterOptions {
  readonly series: readonly DemandSeries[]
  /** IANA name of the time zone by whose clocks days and weeks repeat. */
  readonly timeZone: string
  /** At which forecasts are compared with what came, for `accuracy()`. */
  readonly leadMs: number
  /** Of calendars; see parseYamlCalendar and parseIcsCalendar. */
  readonly events: readonly KnownEvent[]
}

export class SeasonalForecaster implements DemandForecaster {
  readonly series: readonly DemandSeries[]
  readonly #events: Calendar
  /** Of series and time zone, in words: what a snapshot must agree with. */
  readonly #shape: string
  readonly #shortTerm: ShortTerm
  readonly #minutes: Resolution
  readonly #hours: Resolution
  readonly #bands: LeadBands
  readonly #announced = new Announced()
  readonly #accuracy: RollingAccuracy
  readonly #missing = new MissingDemand()
  readonly #usual: Float64Array
  /** Just after the last time seen; NaN = none was. In an array as a snapshot has it. */
  readonly #now = Float64Array.of(NaN)

  constructor({ series, timeZone, leadMs, events }: ForecasterOptions) {
    const offset = zoneOffset(timeZone)
    const tiers = Uint8Array.from(series, ({ tier }) => tierIndex(tier))
    const effect: EffectOf = (from, until) => this.#effect(from, until)
    const resolution = (stepMs: number, learning: Learning): Resolution => {
      const shape = { ...learning, series: series.length, season: zonedSeason(stepMs, offset) }
      return new Resolution({ stepMs, shape, tiers, effect })
    }
    this.series = series
    this.#events = new Calendar(series, events)
    this.#shape = JSON.stringify([timeZone, ...series.map(({ tier, region }) => [tier, region])])
    this.#shortTerm = new ShortTerm(tiers)
    this.#minutes = resolution(MINUTE_MS, MINUTE_LEARNING)
    this.#hours = resolution(HOUR_MS, HOUR_LEARNING)
    const parts = { shortTerm: this.#shortTerm, minutes: this.#minutes, hours: this.#hours }
    this.#bands = new LeadBands(new Outlook({ ...parts, effect }))
    this.#accuracy = new RollingAccuracy(leadMs, (at) => this.forecast(at, at, 0.5).expected)
    this.#usual = new Float64Array(series.length)
  }

  observe({ at, arrivals, activations, mask }: DemandSecond): void {
    assert(arrivals.length === this.series.length, 'arrivals are given for each series')
    const usual = mask === null ? this.#withoutEvents(at, arrivals) : null
    this.#settle(this.#minutes.observe(at, usual))
    this.#hours.observe(at, usual)
    const demand = mask === null ? sumOf(arrivals) : NaN
    const expected = this.#minutes.hasSeen ? sumOf(this.#minutes.expect(at)) : NaN
    const believed = this.#missing.isDoubtful(demand, expected) ? NaN : demand
    this.#bands.observe(at, believed)
    this.#accuracy.observe(at, believed)
    if (usual !== null) this.#shortTerm.observe(usual)
    this.#announced.observe(at, activations, demand)
    const now = (this.#now[0] = at + SECOND_MS)
    if (mask === null) this.#bands.beginTrial(now, SECOND_MS)
  }

  forecast(from: number, until: number, quantile: number): DemandForecast {
    const [now] = this.#now
    if (Number.isNaN(now)) return NOTHING_KNOWN
    const first = Math.max(from, now)
    const last = Math.max(first, until)
    const { expected, upper, byTier } = this.#bands.forecast(now, first, last, quantile)
    const announced = this.#announced.expected()
    const lift = expected > 0 ? Math.max(1, announced / expected) : 1
    return {
      expected: expected * lift,
      upper: Math.max(upper, expected * lift),
      byTier: {
        critical: byTier[0] * lift,
        premium: byTier[1] * lift,
        standard: byTier[2] * lift,
        bulk: byTier[3] * lift,
      },
      reason: this.#effect(first, last + 1)?.reason ?? '',
    }
  }

  accuracy(): ForecastAccuracy {
    return this.#accuracy.read()
  }

  /** Takes up history before the first second; returns how many times it had. Steps of an hour or less, oldest first. */
  async learnFrom(lines: AsyncIterable<string>): Promise<number> {
    let rows = 0
    for await (const { row, stepMs } of historySteps(lines, this.series)) {
      rows++
      if (!Number.isNaN(stepMs)) this.#learnRow(row, stepMs)
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
      this.#bands.resume()
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
    return [
      ...ensembles,
      ...this.#bands.learned,
      ...this.#accuracy.learned,
      this.#announced.learned,
      this.#now,
    ]
  }

  /** What a minute says of the shares of series is not waited for until the hour is over. */
  #settle(minute: FinishedStep | null): void {
    if (minute !== null) this.#hours.settle(minute.step * MINUTE_MS, minute.means)
  }

  #effect(from: number, until: number): EventEffect | null {
    return this.#events.effectBetween(from, until, this.#shortTerm.level)
  }

  #learnRow({ at, demand, lent }: HistoryRow, stepMs: number): void {
    const usual = this.#withoutEvents(at, demand)
    const seconds = stepMs / SECOND_MS
    if (stepMs <= MINUTE_MS) this.#settle(this.#minutes.observe(at, usual, seconds, lent))
    this.#hours.observe(at, usual, seconds, lent)
    this.#minutes.finish()
    this.#hours.finish()
    this.#bands.observe(at, sumOf(demand))
    const now = (this.#now[0] = at + stepMs)
    this.#bands.beginTrial(now, stepMs)
  }

  /** Demand as it would be without the known events of the time. */
  #withoutEvents(at: number, arrivals: Float64Array): Float64Array {
    const known = this.#events.effectBetween(at, at + SECOND_MS, arrivals)
    if (known === null) return arrivals
    for (let series = 0; series < arrivals.length; series++) {
      const added = known.extra === null ? 0 : known.extra[series]
      this.#usual[series] = Math.max(0, arrivals[series] - added) / known.factor[series]
    }
    return this.#usual
  }
}

const NOTHING_KNOWN: DemandForecast = {
  ...{ expected: 0, upper: 0, byTier: { critical: 0, premium: 0, standard: 0, bulk: 0 }, reason: '' },
}

function sumOf(values: Float64Array): number {
  let sum = 0
  for (let index = 0; index < values.length; index++) sum += values[index]
  return sum
}
