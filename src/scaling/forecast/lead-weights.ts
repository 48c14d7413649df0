/**
 * Which member counts how much, by lead time: each member's forecasts at a few leads are kept until their step has come,
 * their absolute errors are summed with exponential forgetting, and a weight is the inverse of that to the eighth power:
 * nearly "the best one", but without jumps between equals. Between two leads weights are interpolated.
 */
import type { EnsembleState } from './ensemble-state.ts'
import type { EnsembleShape } from './ensemble-shape.ts'

/** No error at all is the limit of a good one. */
const NOTHING = 1e-9

export class LeadWeights {
  readonly #shape: EnsembleShape
  readonly #state: EnsembleState
  /** Steps whose forecasts lie before those of a lead. */
  readonly #offsets: readonly number[]
  /** Where the weights of the leads below and above the one sought begin. */
  #lower = 0
  #upper = 0
  #share = 0

  constructor(shape: EnsembleShape, state: EnsembleState) {
    const { leads } = shape
    this.#shape = shape
    this.#state = state
    this.#offsets = leads.map((_, index) => leads.slice(0, index).reduce((sum, lead) => sum + lead, 0))
  }

  /** Where among `made` the forecasts begin that were made at `step` of `step + leads[lead]`; row by row from there on. */
  placeOf(lead: number, step: number): number {
    return (this.#offsets[lead] + (step % this.#shape.leads[lead])) * this.#state.rows
  }

  /** Steps between `from` and `until` were not seen: no forecast was made at them. */
  forgetBetween(series: number, from: number, until: number): void {
    if (!(until - from > 1)) return
    const { leads, members } = this.#shape
    for (let lead = 0; lead < leads.length; lead++) {
      const first = Math.max(from + 1, until - leads[lead])
      for (let step = first; step < until; step++) {
        const begin = this.placeOf(lead, step) + series * members.length
        this.#state.made.fill(NaN, begin, begin + members.length)
      }
    }
  }

  /** Compares the forecasts of `step` that were made at each lead with what came. */
  score(series: number, step: number, demand: number): void {
    const { leads, members, discount } = this.#shape
    const { made, score, rows } = this.#state
    const first = series * members.length
    for (let lead = 0; lead < leads.length; lead++) {
      const place = this.placeOf(lead, step)
      if (Number.isNaN(made[place + first])) continue
      for (let row = first; row < first + members.length; row++) {
        const off = Math.abs(Math.expm1(made[place + row]) - demand)
        score[lead * rows + row] = score[lead * rows + row] * discount + off
      }
    }
  }

  weigh(series: number): void {
    const { leads, members } = this.#shape
    const first = series * members.length
    for (let lead = 0; lead < leads.length; lead++) {
      const begin = lead * this.#state.rows + first
      this.#weighFrom(begin, begin + members.length)
    }
  }

  /** The members of one series at one lead. */
  #weighFrom(begin: number, end: number): void {
    const { score, weight } = this.#state
    let best = Infinity
    for (let at = begin; at < end; at++) best = Math.min(best, score[at])
    let sum = 0
    for (let at = begin; at < end; at++) {
      weight[at] = eighthPower((best + NOTHING) / (score[at] + NOTHING))
      sum += weight[at]
    }
    for (let at = begin; at < end; at++) weight[at] /= sum
  }

  /** Forecasts `steps` ahead are meant from now on. */
  seek(steps: number): void {
    const { leads } = this.#shape
    const found = leads.findIndex((lead) => lead >= steps)
    const upper = found < 0 ? leads.length - 1 : found
    const lower = found <= 0 ? upper : found - 1
    this.#share = found <= 0 ? 0 : (steps - leads[lower]) / (leads[upper] - leads[lower])
    this.#lower = lower * this.#state.rows
    this.#upper = upper * this.#state.rows
  }

  /** Weight of a member of a series at the lead sought. */
  at(row: number): number {
    const { weight } = this.#state
    const below = weight[this.#lower + row]
    return below + this.#share * (weight[this.#upper + row] - below)
  }
}

function eighthPower(value: number): number {
  const squared = value * value
  const fourth = squared * squared
  return fourth * fourth
}
