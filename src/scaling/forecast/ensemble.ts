/**
 * Forecasts many series of one resolution: for each, the same parameter sets run side by side over the logarithm of
 * demand (log(1 + y): additive where there is next to nothing), and what they say is averaged with weights that they
 * earned by their recent errors at about the lead time asked for (combination of forecasts: Bates & Granger 1969).
 * Seasonal naive and naive are among them, so the whole is never much worse than either.
 *
 * Constant state, no look back: a series learns from its first day on. Steps that are not shown to it (masked) age what
 * is left of the last error, nothing else. Sudden steps to next to nothing look like outages and are not believed for a while.
 */
import { copyStarter, finishFirstDay, firstDay } from './first-weeks.ts'
import { type EnsembleState, ensembleState } from './ensemble-state.ts'
import { LeadWeights } from './lead-weights.ts'
import { type Member, TREND_DAMPING, trendOver } from './member.ts'
import type { Season } from './season.ts'

export interface EnsembleShape {
  readonly series: number
  readonly season: Season
  readonly members: readonly Member[]
  /** Steps ahead at which members are compared, rising; no multiple of a season, where naive is seasonal naive. */
  readonly leads: readonly number[]
  /** What an error counts one step later. */
  readonly discount: number
  /** Steps that are not believed to be real when nearly all demand is gone at once. */
  readonly patience: number
}

/** Errors count up to so many times their usual size. */
const CLIP = 3
const SCALE_GAIN = 0.02
/** Weeks after each of which every member begins again from the starter's seasons. */
const SHARED_WEEKS = 4
const EVEN_DAYS = 14
/** Nearly gone: less than a tenth of what was expected, and far beyond usual errors. */
const GONE = 0.1
const FAR = 6
/** Of a step's doubt, what an ordinary step takes back. */
const TRUST_REGAINED = 0.1

export class SeasonalEnsemble {
  readonly state: EnsembleState
  readonly #shape: EnsembleShape
  readonly #weights: LeadWeights
  /** Slots of the step asked about last: the same for all series. */
  #slotStep = NaN
  #daySlot = 0
  #weekSlot = 0

  constructor(shape: EnsembleShape, state: EnsembleState = ensembleState(shape)) {
    this.#shape = shape
    this.state = state
    this.#weights = new LeadWeights(shape, state)
  }

  /** Takes up what the demand of `step` was; steps rise, but some may be missing. Returns whether it was believed. */
  observe(series: number, step: number, demand: number): boolean {
    const { last, seen, doubtful } = this.state
    if (seen[series] === 0 && demand === 0) return true
    const gap = seen[series] === 0 ? 1 : step - last[series]
    this.#weights.forgetBetween(series, last[series], step)
    if (this.#isDoubtful(series, step, demand)) {
      doubtful[series]++
      return false
    }
    doubtful[series] = Math.max(0, doubtful[series] - TRUST_REGAINED)
    this.#weights.score(series, step, demand)
    this.#learn(series, step, Math.log1p(demand), gap)
    last[series] = step
    seen[series]++
    this.#endSeason(series)
    this.#weights.weigh(series)
    this.#makeForecasts(series, step)
    return true
  }

  /** Expected demand of a step after the last one observed. */
  predict(series: number, step: number): number {
    const { last, seen } = this.state
    if (seen[series] === 0) return 0
    const lead = Math.max(1, step - last[series])
    const { members } = this.#shape
    let sum = 0
    for (let member = 0; member < members.length; member++) {
      const weight = this.#weights.at(series, member, lead)
      if (weight > 0) sum += weight * this.#logForecast(series, member, step, lead)
    }
    return Math.max(0, Math.expm1(sum))
  }

  #logForecast(series: number, member: number, step: number, lead: number): number {
    const { level, trend, error, day, week, seen } = this.state
    const { members, season } = this.#shape
    const row = series * members.length + member
    if (seen[series] < season.daySlots) return level[row]
    this.#findSlots(step)
    const { memory, trend: hasTrend } = members[member]
    let value =
      level[row] + day[row * season.daySlots + this.#daySlot] + week[row * season.weekSlots + this.#weekSlot]
    if (hasTrend > 0) value += trend[row] * trendOver(lead)
    if (memory > 0) value += error[row] * memory ** lead
    return value
  }

  #isDoubtful(series: number, step: number, demand: number): boolean {
    const { seen, scale, doubtful } = this.state
    const { season, patience } = this.#shape
    if (seen[series] < season.daySlots || doubtful[series] >= patience) return false
    const expected = this.predict(series, step)
    if (demand >= expected * GONE) return false
    return Math.log1p(expected) - Math.log1p(demand) > FAR * scale[series]
  }

  #learn(series: number, step: number, log: number, gap: number): void {
    const { season, members } = this.#shape
    this.#findSlots(step)
    if (this.state.seen[series] < season.daySlots) {
      firstDay(this.#shape, this.state, series, this.#daySlot, log)
      return
    }
    const limit = CLIP * this.state.scale[series]
    for (let member = 0; member < members.length; member++) this.#update(series, member, log, gap, limit)
  }

  /** One step of double-seasonal exponential smoothing in its error-correction form. */
  #update(series: number, member: number, log: number, gap: number, limit: number): void {
    const { level, trend, error, day, week } = this.state
    const { members, season } = this.#shape
    const { level: levelGain, trend: trendGain, memory } = members[member]
    const row = series * members.length + member
    const dayAt = row * season.daySlots + this.#daySlot
    const weekAt = row * season.weekSlots + this.#weekSlot
    const drift = trendGain > 0 ? trend[row] * trendOver(gap) : 0
    const off = log - (level[row] + drift + day[dayAt] + week[weekAt])
    const surprise = off - error[row] * memory ** gap
    const counted = Math.min(limit, Math.max(-limit, surprise))
    level[row] += drift + levelGain * counted
    trend[row] = trend[row] * TREND_DAMPING ** gap + levelGain * trendGain * counted
    error[row] = off
    this.#learnSeasons(series, member, counted, dayAt, weekAt)
    if (member === 0) this.#learnScale(series, Math.abs(surprise))
  }

  #learnSeasons(series: number, member: number, counted: number, dayAt: number, weekAt: number): void {
    const { seen, day, week } = this.state
    const { members, season } = this.#shape
    const { seasons, day: dayGain, week: weekGain } = members[member]
    if (seasons === 'none') return
    const eagerness = member === 0 ? 1 : 0.5
    const days = Math.floor(seen[series] / season.daySlots)
    const gain = days < EVEN_DAYS ? Math.max(dayGain, eagerness / (days + 1)) : dayGain
    day[dayAt] += gain * counted
    if (seasons === 'day') return
    const weeks = Math.floor(days / 7)
    const even = weeks < SHARED_WEEKS ? eagerness / (weeks + 1) : 0
    const visit = Math.min(Math.max(weekGain, even), 1 - gain)
    week[weekAt] += perStep(visit, season.stepsPerWeekSlot) * counted
  }

  #learnScale(series: number, size: number): void {
    const { scale } = this.state
    // 1.25 mean absolute errors are a standard deviation
    scale[series] += SCALE_GAIN * (1.25 * Math.min(size, 5 * scale[series]) - scale[series])
  }

  #endSeason(series: number): void {
    const { season } = this.#shape
    const seen = this.state.seen[series]
    if (seen === season.daySlots) finishFirstDay(this.#shape, this.state, series)
    const weeks = seen / (season.daySlots * 7)
    if (Number.isInteger(weeks) && weeks <= SHARED_WEEKS) copyStarter(this.#shape, this.state, series)
  }

  #makeForecasts(series: number, step: number): void {
    const { leads, members } = this.#shape
    for (let lead = 0; lead < leads.length; lead++) {
      for (let member = 0; member < members.length; member++) {
        const ahead = this.#logForecast(series, member, step + leads[lead], leads[lead])
        this.#weights.remember(series, member, lead, step, ahead)
      }
    }
  }

  #findSlots(step: number): void {
    if (step === this.#slotStep) return
    this.#slotStep = step
    this.#daySlot = this.#shape.season.daySlot(step)
    this.#weekSlot = this.#shape.season.weekSlot(step)
  }
}

/** The gain per step that makes `visit` of all the steps that share a slot. */
const perStep = (visit: number, steps: number): number =>
  steps === 1 ? visit : 1 - (1 - Math.min(visit, 0.999)) ** (1 / steps)
