/**
 * How good forecasts are at the policy's lead time: each minute it notes what is expected of the minute that far ahead,
 * and compares when that has come, beside "as much as in the last minute" (naive) and "as much as a day (a week) ago"
 * (seasonal naive). Weighted absolute percentage error = sum of errors / sum of demand, over the last hours, fading.
 *
 * Trusted is a forecast that is no worse than naive, which is what a reactive policy lives on; to lose trust takes more
 * than to gain it, so that it doesn't flip.
 */
import type { ForecastAccuracy } from '../../core/scaling.ts'

const MINUTE_MS = 60_000
const DAY_MINUTES = 1440
const WEEK_MINUTES = 7 * DAY_MINUTES
const DISCOUNT = 1 - 1 / 360
/** Minutes compared before anything is trusted. */
const ENOUGH = 30
/** Below it nobody would do better by measuring. */
const GOOD = 0.02
const LOSES_AT = 1.2

/** Sum of errors and of what they are errors of. */
interface Wape {
  error: number
  demand: number
}

export class RollingAccuracy {
  readonly #leadMinutes: number
  readonly #expect: (at: number) => number
  /** Mean demand of the minutes of the last week; NaN = not known or masked. */
  readonly #means = new Float32Array(WEEK_MINUTES).fill(NaN)
  /** What was expected, and what naive said, by target minute. */
  readonly #expected: Float64Array
  readonly #naive: Float64Array
  #own: Wape = { error: 0, demand: 0 }
  #naively: Wape = { error: 0, demand: 0 }
  #daily: Wape = { error: 0, demand: 0 }
  #weekly: Wape = { error: 0, demand: 0 }
  #minute = NaN
  #sum = 0
  #seconds = 0
  #isMasked = false
  #compared = 0
  #isTrusted = false

  constructor(leadMs: number, expect: (at: number) => number) {
    this.#leadMinutes = Math.max(1, Math.ceil(leadMs / MINUTE_MS))
    this.#expected = new Float64Array(this.#leadMinutes + 1).fill(NaN)
    this.#naive = new Float64Array(this.#leadMinutes + 1).fill(NaN)
    this.#expect = expect
  }

  /** A second that began at `at`; `demand` null = masked. */
  observe(at: number, demand: number | null): void {
    const minute = Math.floor(at / MINUTE_MS)
    if (minute !== this.#minute) this.#turn(minute)
    if (demand === null) this.#isMasked = true
    else this.#add(demand)
  }

  #add(demand: number): void {
    this.#sum += demand
    this.#seconds++
  }

  read(): ForecastAccuracy {
    const { error, demand } = this.#own
    return {
      wape: error / demand,
      naiveWape: this.#naively.error / this.#naively.demand,
      seasonalNaiveWape: leastOf(
        this.#daily.error / this.#daily.demand,
        this.#weekly.error / this.#weekly.demand,
      ),
      isTrusted: this.#isTrusted,
    }
  }

  #turn(minute: number): void {
    if (!Number.isNaN(this.#minute))
      this.#conclude(this.#minute, this.#isMasked ? NaN : this.#sum / this.#seconds)
    for (let missed = this.#minute + 1; missed < minute && missed <= this.#minute + WEEK_MINUTES; missed++) {
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
      this.#compared++
      this.#judge()
    }
    this.#means[place] = mean
  }

  #judge(): void {
    const { wape, naiveWape } = this.read()
    const limit = Math.max(GOOD, naiveWape * (this.#isTrusted ? LOSES_AT : 1))
    this.#isTrusted = this.#compared >= ENOUGH && wape <= limit
  }
}

function add(wape: Wape, said: number, mean: number): void {
  if (Number.isNaN(said)) return
  wape.error = wape.error * DISCOUNT + Math.abs(said - mean)
  wape.demand = wape.demand * DISCOUNT + mean
}

/** The lesser of two of which either may be unknown. */
const leastOf = (a: number, b: number): number => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b))
