/** One step of double-seasonal exponential smoothing in its error-correction form, for all members of a series. */
import type { EnsembleShape } from './ensemble-shape.ts'
import type { EnsembleState } from './ensemble-state.ts'
import { firstDay, noteWeek } from './first-weeks.ts'
import { TREND_DAMPING, trendOver } from './member.ts'
import { SeasonGains } from './season-gains.ts'
import { SeasonSlots } from './season-slots.ts'

/** Errors count up to so many times their usual size, but not in the first days, when there is everything to learn. */
const CLIP = 3
const UNLIMITED_DAYS = 14
const SCALE_GAIN = 0.02

export class Smoothing {
  readonly #shape: EnsembleShape
  readonly #state: EnsembleState
  readonly #slots: SeasonSlots
  readonly #gains: SeasonGains
  readonly #levelGain: Float64Array
  readonly #trendGain: Float64Array
  /** What a gap leaves: of errors by member, of trends, and what trends amounted to. */
  readonly #left: Float64Array
  #gap = NaN
  #damping = 0
  #reach = 0

  constructor(shape: EnsembleShape, state: EnsembleState) {
    const { members, season } = shape
    this.#shape = shape
    this.#state = state
    this.#slots = new SeasonSlots(season)
    this.#gains = new SeasonGains(shape)
    this.#levelGain = Float64Array.from(members, ({ level }) => level)
    this.#trendGain = Float64Array.from(members, ({ trend }) => trend)
    this.#left = new Float64Array(members.length)
  }

  /** `log` of what was seen at `step`, which is `gap` steps after the last one seen. */
  learn(series: number, step: number, log: number, gap: number): void {
    const { seen, scale } = this.#state
    const { daySlots } = this.#shape.season
    const slots = this.#slots.find(step)
    if (seen[series] < daySlots * 7) noteWeek(this.#shape, this.#state, series, slots.week, log)
    if (seen[series] < daySlots) {
      firstDay(this.#shape, this.#state, series, slots.day, log)
      return
    }
    this.#passOver(gap)
    this.#gains.after(Math.floor(seen[series] / daySlots))
    const limit = seen[series] < UNLIMITED_DAYS * daySlots ? Infinity : CLIP * scale[series]
    this.#update(series, log, limit, seen[series] >= daySlots * 7)
  }

  #passOver(gap: number): void {
    if (gap === this.#gap) return
    this.#gap = gap
    this.#damping = TREND_DAMPING ** gap
    this.#reach = trendOver(gap)
    this.#shape.members.forEach(({ memory }, member) => (this.#left[member] = memory ** gap))
  }

  #update(series: number, log: number, limit: number, hasWeek: boolean): void {
    const { level, trend, error, day, week, rows } = this.#state
    const { day: dayGain, week: weekGain } = this.#gains
    const members = this.#left.length
    const dayAt = this.#slots.day * rows
    const weekAt = this.#slots.week * rows
    for (let member = 0; member < members; member++) {
      const row = series * members + member
      const drift = this.#trendGain[member] > 0 ? trend[row] * this.#reach : 0
      const weekly = hasWeek ? week[weekAt + row] : 0
      const off = log - (level[row] + drift + day[dayAt + row] + weekly)
      const surprise = off - error[row] * this.#left[member]
      const counted = Math.min(limit, Math.max(-limit, surprise))
      const raise = this.#levelGain[member]
      level[row] += drift + raise * counted
      trend[row] = trend[row] * this.#damping + raise * this.#trendGain[member] * counted
      error[row] = off
      if (dayGain[member] > 0) day[dayAt + row] += dayGain[member] * counted
      if (weekGain[member] > 0) week[weekAt + row] += weekGain[member] * counted
      if (member === 0) this.#learnScale(series, Math.abs(surprise))
    }
  }

  #learnScale(series: number, size: number): void {
    const { scale } = this.#state
    // 1.25 mean absolute errors are a standard deviation
    scale[series] += SCALE_GAIN * (1.25 * Math.min(size, 5 * scale[series]) - scale[series])
  }
}
