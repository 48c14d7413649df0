/** What members say of steps to come, and what that comes to with the weights that they have earned. */
import type { EnsembleShape } from './ensemble-shape.ts'
import type { EnsembleState } from './ensemble-state.ts'
import type { LeadWeights } from './lead-weights.ts'
import { trendOver } from './member.ts'
import { SeasonSlots } from './season-slots.ts'

/** Weights below it change nothing that could be seen. */
const NEGLIGIBLE = 1e-6

export class Prediction {
  readonly #shape: EnsembleShape
  readonly #state: EnsembleState
  readonly #weights: LeadWeights
  readonly #slots: SeasonSlots
  /** At the lead asked about last: what is left of an error, by member, and what a trend of 1 amounts to. */
  readonly #left: Float64Array
  #reach = 0
  #lead = NaN

  constructor(shape: EnsembleShape, state: EnsembleState, weights: LeadWeights) {
    this.#shape = shape
    this.#state = state
    this.#weights = weights
    this.#slots = new SeasonSlots(shape.season)
    this.#left = new Float64Array(shape.members.length)
  }

  /** Expected demand of a step after the last one observed. */
  predict(series: number, step: number): number {
    const { last, seen } = this.#state
    if (seen[series] === 0) return 0
    this.#aim(Math.max(1, step - last[series]))
    return Math.max(0, Math.expm1(this.#combine(series, step)))
  }

  #aim(lead: number): void {
    if (lead === this.#lead) return
    this.#lead = lead
    this.#reach = trendOver(lead)
    this.#weights.seek(lead)
    const { members } = this.#shape
    for (let member = 0; member < members.length; member++) {
      const { memory } = members[member]
      this.#left[member] = memory === 0 ? 0 : memory ** lead
    }
  }

  #combine(series: number, step: number): number {
    const { level, trend, error, day, week, seen, rows } = this.#state
    const { season, members } = this.#shape
    const { day: daySlot, week: weekSlot } = this.#slots.find(step)
    const isFirstDay = seen[series] < season.daySlots
    const isFirstWeek = seen[series] < season.daySlots * 7
    const until = (series + 1) * members.length
    let sum = 0
    for (let row = series * members.length, member = 0; row < until; row++, member++) {
      const weight = this.#weights.at(row)
      if (weight < NEGLIGIBLE) continue
      const usual = isFirstDay
        ? level[row]
        : level[row] +
          day[daySlot * rows + row] +
          (isFirstWeek ? 0 : week[weekSlot * rows + row]) +
          trend[row] * this.#reach +
          error[row] * this.#left[member]
      sum += weight * usual
    }
    return sum
  }
}
