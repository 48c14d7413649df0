/** After each step every member says what it expects at each of the leads by which members are compared. */
import type { EnsembleShape } from './ensemble-shape.ts'
import type { EnsembleState } from './ensemble-state.ts'
import type { LeadWeights } from './lead-weights.ts'
import { trendOver } from './member.ts'
import { SeasonSlots } from './season-slots.ts'

export class TrialForecasts {
  readonly #shape: EnsembleShape
  readonly #state: EnsembleState
  readonly #weights: LeadWeights
  /** By lead: slots of the step so far ahead, and what a trend of 1 amounts to by then. */
  readonly #slots: readonly SeasonSlots[]
  readonly #reach: readonly number[]
  /** What is left of an error, by lead and member. */
  readonly #left: Float64Array

  constructor(shape: EnsembleShape, state: EnsembleState, weights: LeadWeights) {
    const { leads, members, season } = shape
    this.#shape = shape
    this.#state = state
    this.#weights = weights
    this.#slots = leads.map(() => new SeasonSlots(season))
    this.#reach = leads.map(trendOver)
    this.#left = Float64Array.from(leads.flatMap((lead) => members.map(({ memory }) => memory ** lead)))
  }

  /** Of a series that has just been shown `step`. */
  make(series: number, step: number): void {
    for (let lead = 0; lead < this.#reach.length; lead++) this.#makeAt(lead, series, step)
  }

  #makeAt(lead: number, series: number, step: number): void {
    const { level, trend, error, day, week, seen, made, rows } = this.#state
    const { season, members, leads } = this.#shape
    const { day: daySlot, week: weekSlot } = this.#slots[lead].find(step + leads[lead])
    const isFirstDay = seen[series] < season.daySlots
    const isFirstWeek = seen[series] < season.daySlots * 7
    const place = this.#weights.placeOf(lead, step)
    const left = lead * members.length
    for (let member = 0; member < members.length; member++) {
      const row = series * members.length + member
      made[place + row] = isFirstDay
        ? level[row]
        : level[row] +
          day[daySlot * rows + row] +
          (isFirstWeek ? 0 : week[weekSlot * rows + row]) +
          trend[row] * this.#reach[lead] +
          error[row] * this.#left[left + member]
    }
  }
}
