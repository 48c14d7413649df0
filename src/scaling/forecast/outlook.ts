/**
 * What each way of forecasting expects of a time: the highest demand of the instants looked at, all series together, and
 * how it is made up by tier. Near times are looked at minute by minute, farther ones in strides, beyond an hour by hours.
 */
import { TIERS } from '../../core/tiers.ts'
import type { EffectOf } from './calendar-effect.ts'
import { WAYS } from './lead-band.ts'
import { Prospect } from './prospect.ts'
import type { Resolution } from './resolution.ts'
import { type ShortTerm, trendReach } from './short-term.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CLOSE_MS = 10 * MINUTE_MS
const STRIDE = 5
const SHORT_SIGHT_MS = CLOSE_MS
const MINUTE_SIGHT_MS = HOUR_MS

const LEVEL = WAYS.indexOf('level')
const TREND = WAYS.indexOf('trend')
const MINUTE = WAYS.indexOf('minute')
const HOUR = WAYS.indexOf('hour')

export interface OutlookParts {
  readonly shortTerm: ShortTerm
  readonly minutes: Resolution
  readonly hours: Resolution
  /** What the calendar says of a time; null = nothing. */
  readonly effect: EffectOf
}

export class Outlook {
  readonly #parts: OutlookParts
  readonly #prospect = new Prospect()
  readonly #tiers = new Float64Array(TIERS.length)

  constructor(parts: OutlookParts) {
    this.#parts = parts
  }

  /**
   * `bandUntilMs` tells how far the look goes at most, and so which ways can say something. The prospect holds until the
   * next look.
   */
  look(now: number, from: number, until: number, bandUntilMs: number): Prospect {
    const { shortTerm, minutes, hours } = this.#parts
    const prospect = this.#prospect
    prospect.clear()
    if (bandUntilMs <= SHORT_SIGHT_MS && shortTerm.hasSeen) this.#lookShort(now, from, until)
    if (bandUntilMs <= MINUTE_SIGHT_MS && minutes.hasSeen)
      this.#lookBy(minutes, MINUTE, from, until, strideOf(bandUntilMs))
    if (hours.hasSeen) this.#lookBy(hours, HOUR, from, until, HOUR_MS)
    // further than minutes see, and no hour has ended yet: as much as now is all there is to say
    if (prospect.isEmpty) prospect.take(LEVEL, this.#shortTermAt(from, 0))
    return prospect
  }

  /** Whether a look costs little, everything being known already; if not, it is one step nearer to it afterwards. */
  isReady(from: number, until: number, bandUntilMs: number): boolean {
    const { minutes, hours } = this.#parts
    const isNear = bandUntilMs <= MINUTE_SIGHT_MS && minutes.hasSeen
    if (isNear && !isPrepared(minutes, from, until, strideOf(bandUntilMs))) return false
    return !hours.hasSeen || isPrepared(hours, from, until, HOUR_MS)
  }

  #lookBy(resolution: Resolution, way: number, from: number, until: number, stride: number): void {
    let at = from
    this.#prospect.take(way, resolution.expect(at))
    while (at < until) {
      at = nextInstant(at, until, stride)
      this.#prospect.take(way, resolution.expect(at))
    }
  }

  #lookShort(now: number, from: number, until: number): void {
    this.#takeShort(now, from)
    // without events the level stays, and the trend only rises or only falls, so that the ends say all
    if (this.#parts.effect(from, until + 1) === null) return this.#takeTrend(now, until)
    for (let at = from; at < until;) {
      at = nextInstant(at, until, MINUTE_MS)
      this.#takeShort(now, at)
    }
  }

  #takeShort(now: number, at: number): void {
    this.#prospect.take(LEVEL, this.#shortTermAt(at, 0))
    this.#takeTrend(now, at)
  }

  #takeTrend(now: number, at: number): void {
    this.#prospect.take(TREND, this.#shortTermAt(at, trendReach((at - now) / 1000)))
  }

  #shortTermAt(at: number, reach: number): Float64Array {
    const { shortTerm, effect } = this.#parts
    return shortTerm.predictTiers(reach, effect(at, at + 1), this.#tiers)
  }
}

const strideOf = (bandUntilMs: number): number => (bandUntilMs <= CLOSE_MS ? MINUTE_MS : STRIDE * MINUTE_MS)

/** After `at` come the multiples of `stride`, and `until` in the end. */
const nextInstant = (at: number, until: number, stride: number): number =>
  Math.min(until, (Math.floor(at / stride) + 1) * stride)

function isPrepared(resolution: Resolution, from: number, until: number, stride: number): boolean {
  let at = from
  if (!resolution.prepare(at)) return false
  while (at < until) {
    at = nextInstant(at, until, stride)
    if (!resolution.prepare(at)) return false
  }
  return true
}
