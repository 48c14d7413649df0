/**
 * How good forecasts are at the policy's lead time: each minute it notes what is expected of the minute that far ahead,
 * and compares when that has come, beside "as much as in the last minute" (naive) and "as much as a day (a week) ago"
 * (seasonal naive). Weighted absolute percentage error = sum of errors / sum of demand, over the last hours, fading.
 *
 * Trusted is a forecast that is no worse than naive, which is what a reactive policy lives on; to lose trust takes more
 * than to gain it, so that it doesn't flip.
 */
import type { ForecastAccuracy } from '../../core/scaling.ts'
import type { Learned } from './snapshot.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const WEEK_MINUTES = 7 * DAY_MINUTES
const DISCOUNT = 1 - 1 / 360
/** Minutes compared before anything is trusted. */
const ENOUGH = 30
/** Headroom covers so much; and who measures is never there before a steep morning, however quiet the night was. */
const GOOD = 0.05
const LOSES_AT = 1.2

/** Sum of errors, and of the demand they are errors of. */
type Wape = Float64Array

export class RollingAccuracy {
  readonly #leadMinutes: number
  readonly #expect: (at: number) => number
  /** Mean demand of the minutes of the last week; NaN = not known or masked. */
  readonly #means = new Float32Array(WEEK_MINUTES).fill(NaN)
  /** What was expected, and what naive said, by target minute. */
  readonly #expected: Float64Array
  readonly #naive: Float64Array
  readonly #own: Wape = new Float64Array(2)
  readonly #naively: Wape = new Float64Array(2)
  readonly #daily: Wape = new Float64Array(2)
  readonly #weekly: Wape = new Float64Array(2)
  /** Minutes compared, whether trusted (1), and the minute of the latest mean. */
  readonly #state = Float64Array.of(0, 0, NaN)
  #minute = NaN
  #sum = 0
  #seconds = 0
  #isMasked = false

  constructor(leadMs: number, expect: (at: number) => number) {
    this.#leadMinutes = Math.max(1, Math.ceil(leadMs / MINUTE_MS))
    this.#expected = new Float64Array(this.#leadMinutes + 1).fill(NaN)
    this.#naive = new Float64Array(this.#leadMinutes + 1).fill(NaN)
    this.#expect = expect
  }

  /** A second that began at `at`; `demand` NaN = it says nothing, nor does its minute. */
  observe(at: number, demand: number): void {
    const minute = Math.floor(at / MINUTE_MS)
    if (minute !== this.#minute) this.#turn(minute)
    if (Number.isNaN(demand)) this.#isMasked = true
    this.#sum += demand
    this.#seconds++
  }

  /** What a snapshot keeps. */
  get learned(): Learned {
    return [this.#own, this.#naively, this.#daily, this.#weekly, this.#state, this.#means]
  }

  read(): ForecastAccuracy {
    return {
      wape: ratioOf(this.#own),
      naiveWape: ratioOf(this.#naively),
      seasonalNaiveWape: leastOf(ratioOf(this.#daily), ratioOf(this.#weekly)),
      isTrusted: this.#state[1] === 1,
    }
  }

  #turn(minute: number): void {
    if (this.#seconds > 0) this.#conclude(this.#minute, this.#isMasked ? NaN : this.#sum / this.#seconds)
    const latest = this.#state[2]
    for (let missed = Math.max(latest + 1, minute - WEEK_MINUTES); missed < minute; missed++) {
      this.#conclude(missed, NaN)
    }
    this.#minute = minute
    this.#sum = this.#seconds = 0
    this.#isMasked = false
    const target = minute + this.#leadMinutes - 1
    const slot = target % this.#expected.length
    this.#expected[slot] = this.#expect((target + 0.5) * MINUTE_MS)
    this.#naive[slot] = this.#means[(minute - 1) % WEEK_MINUTES]
  }

  #conclude(minute: number, mean: number): void {
    const slot = minute % this.#expected.length
    const place = minute % WEEK_MINUTES
    const expected = this.#expected[slot]
    const naive = this.#naive[slot]
    this.#expected[slot] = NaN
    if (!Number.isNaN(mean + expected + naive)) {
      add(this.#own, expected, mean)
      add(this.#naively, naive, mean)
      add(this.#daily, this.#means[(minute - DAY_MINUTES) % WEEK_MINUTES], mean)
      add(this.#weekly, this.#means[place], mean)
      this.#state[0]++
      this.#judge()
    }
    this.#means[place] = mean
    this.#state[2] = minute
  }

  #judge(): void {
    const { wape, naiveWape } = this.read()
    const limit = Math.max(GOOD, naiveWape * (this.#state[1] === 1 ? LOSES_AT : 1))
    this.#state[1] = this.#state[0] >= ENOUGH && wape <= limit ? 1 : 0
  }
}

function add(wape: Wape, said: number, mean: number): void {
  if (Number.isNaN(said)) return
  wape[0] = wape[0] * DISCOUNT + Math.abs(said - mean)
  wape[1] = wape[1] * DISCOUNT + mean
}

const ratioOf = (wape: Wape): number => wape[0] / wape[1]

/** The lesser of two of which either may be unknown. */
const leastOf = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b))
