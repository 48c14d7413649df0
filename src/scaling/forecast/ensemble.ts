/**
 * Forecasts many series of one resolution: for each, the same parameter sets run side by side over the logarithm of
 * demand (log(1 + y): additive where there is next to nothing), and what they say is averaged with weights that they
 * earned by their recent errors at about the lead time asked for (combination of forecasts: Bates & Granger 1969).
 * Seasonal naive and naive are among them, so the whole is never much worse than either.
 *
 * Constant state, no look back: a series learns from its first day on. Steps that are not shown to it (masked) age what
 * is left of the last error, nothing else. Sudden steps to next to nothing look like outages and are not believed for a while.
 */
import { copyStarter, finishFirstDay, finishFirstWeek, firstDay, noteWeek } from './first-weeks.ts'
import { type EnsembleState, ensembleState } from './ensemble-state.ts'
import type { EnsembleShape } from './ensemble-shape.ts'
import { LeadWeights } from './lead-weights.ts'
import { TREND_DAMPING, trendOver } from './member.ts'

/** Errors count up to so many times their usual size, but not in the first days, when there is everything to learn. */
const CLIP = 3
const UNLIMITED_DAYS = 14
const SCALE_GAIN = 0.02
/** Weeks after each of which every member begins again from the starter's seasons. */
const SHARED_WEEKS = 4
const EVEN_DAYS = 14
/** Nearly gone: less than a tenth of what was expected, and far beyond usual errors. */
const GONE = 0.1
const FAR = 6
/** Of a step's doubt, what an ordinary step takes back. */
const TRUST_REGAINED = 0.1
/** Weights below it change nothing that could be seen. */
const NEGLIGIBLE = 1e-6

export class SeasonalEnsemble {
  readonly state: EnsembleState
  readonly #shape: EnsembleShape
  readonly #weights: LeadWeights
  /** Slots of the step asked about last: the same for all series. */
  #slotStep = NaN
  #daySlot = 0
  #weekSlot = 0
  #aheadOf = NaN
  #dayAhead: readonly number[] = []
  #weekAhead: readonly number[] = []
  readonly #reach: readonly number[]
  /** What is left of an error, by member and lead. */
  readonly #left: readonly number[]

  constructor(shape: EnsembleShape, state: EnsembleState = ensembleState(shape)) {
    this.#shape = shape
    this.state = state
    this.#weights = new LeadWeights(shape, state)
    this.#reach = shape.leads.map(trendOver)
    this.#left = shape.members.flatMap(({ memory }) => shape.leads.map((lead) => memory ** lead))
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
    const reach = trendOver(lead)
    this.#findSlots(step)
    this.#weights.seek(lead)
    let sum = 0
    for (let member = 0; member < members.length; member++) {
      const weight = this.#weights.at(series, member)
      if (weight < NEGLIGIBLE) continue
      const { memory } = members[member]
      const left = memory === 0 ? 0 : memory ** lead
      sum += weight * this.#logForecast(series, member, this.#daySlot, this.#weekSlot, left, reach)
    }
    return Math.max(0, Math.expm1(sum))
  }

  /** `left`: share of the last error that is expected to be left; `reach`: what a trend of 1 amounts to. */
  #logForecast(
    series: number,
    member: number,
    daySlot: number,
    weekSlot: number,
    left: number,
    reach: number,
  ): number {
    const { level, trend, error, day, week, seen } = this.state
    const { daySlots, weekSlots } = this.#shape.season
    const row = series * this.#shape.members.length + member
    if (seen[series] < daySlots) return level[row]
    const weekly = seen[series] < daySlots * 7 ? 0 : week[row * weekSlots + weekSlot]
    const usual = level[row] + day[row * daySlots + daySlot] + weekly
    return usual + trend[row] * reach + error[row] * left
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
    if (this.state.seen[series] < season.daySlots * 7) {
      noteWeek(this.#shape, this.state, series, this.#weekSlot, log)
    }
    if (this.state.seen[series] < season.daySlots) {
      firstDay(this.#shape, this.state, series, this.#daySlot, log)
      return
    }
    const isNew = this.state.seen[series] < UNLIMITED_DAYS * season.daySlots
    const limit = isNew ? Infinity : CLIP * this.state.scale[series]
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
    const weekly = this.state.seen[series] < season.daySlots * 7 ? 0 : week[weekAt]
    const off = log - (level[row] + drift + day[dayAt] + weekly)
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
    const weeks = Math.floor(days / 7)
    if (seasons === 'day' || weeks === 0) return
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
    if (weeks === 1) finishFirstWeek(this.#shape, this.state, series)
    if (Number.isInteger(weeks) && weeks <= SHARED_WEEKS) copyStarter(this.#shape, this.state, series)
  }

  #makeForecasts(series: number, step: number): void {
    const { leads, members } = this.#shape
    this.#lookAhead(step)
    for (let lead = 0; lead < leads.length; lead++) {
      const daySlot = this.#dayAhead[lead]
      const weekSlot = this.#weekAhead[lead]
      const reach = this.#reach[lead]
      for (let member = 0; member < members.length; member++) {
        const left = this.#left[member * leads.length + lead]
        const ahead = this.#logForecast(series, member, daySlot, weekSlot, left, reach)
        this.#weights.remember(series, member, lead, step, ahead)
      }
    }
  }

  /** Finds the slots at each lead, once for all series. */
  #lookAhead(step: number): void {
    if (step === this.#aheadOf) return
    const { leads, season } = this.#shape
    this.#aheadOf = step
    this.#dayAhead = leads.map((lead) => season.daySlot(step + lead))
    this.#weekAhead = leads.map((lead) => season.weekSlot(step + lead))
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
