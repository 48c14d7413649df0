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
  /** Where a lead's forecasts begin among those of a member. */
  readonly #offsets: number[] = []
  readonly #waiting: number
  #sought = NaN
  #lower = 0
  #upper = 0
  #share = 0

  constructor(shape: EnsembleShape, state: EnsembleState) {
    this.#shape = shape
    this.#state = state
    let offset = 0
    for (const lead of shape.leads) {
      this.#offsets.push(offset)
      offset += lead
    }
    this.#waiting = offset
  }

  /** Keeps what a member said at `step` of `step + leads[lead]`. */
  remember(series: number, member: number, lead: number, step: number, log: number): void {
    this.#state.made[this.#slot(series, member, lead, step)] = log
  }

  /** Steps between `from` and `until` were not seen: no forecast was made at them. */
  forgetBetween(series: number, from: number, until: number): void {
    const { leads, members } = this.#shape
    if (!(until - from > 1)) return
    for (let lead = 0; lead < leads.length; lead++) {
      const first = Math.max(from + 1, until - leads[lead])
      for (let step = first; step < until; step++) {
        for (let member = 0; member < members.length; member++) this.remember(series, member, lead, step, NaN)
      }
    }
  }

  /** Compares the forecasts of `step` that were made at each lead with what came. */
  score(series: number, step: number, demand: number): void {
    const { leads, members, discount } = this.#shape
    const { made, score } = this.#state
    for (let lead = 0; lead < leads.length; lead++) {
      if (Number.isNaN(made[this.#slot(series, 0, lead, step)])) continue
      for (let member = 0; member < members.length; member++) {
        const at = this.#at(series, member, lead)
        const said = Math.expm1(made[this.#slot(series, member, lead, step)])
        score[at] = score[at] * discount + Math.abs(said - demand)
      }
    }
  }

  weigh(series: number): void {
    const { leads, members } = this.#shape
    const { score, weight } = this.#state
    for (let lead = 0; lead < leads.length; lead++) {
      let best = Infinity
      for (let member = 0; member < members.length; member++) {
        best = Math.min(best, score[this.#at(series, member, lead)])
      }
      let sum = 0
      for (let member = 0; member < members.length; member++) {
        const at = this.#at(series, member, lead)
        weight[at] = eighthPower((best + NOTHING) / (score[at] + NOTHING))
        sum += weight[at]
      }
      for (let member = 0; member < members.length; member++) weight[this.#at(series, member, lead)] /= sum
    }
  }

  /** Forecasts `steps` ahead are meant from now on. */
  seek(steps: number): void {
    if (steps === this.#sought) return
    const { leads } = this.#shape
    this.#sought = steps
    const upper = leads.findIndex((lead) => lead >= steps)
    this.#upper = upper < 0 ? leads.length - 1 : upper
    this.#lower = upper <= 0 ? this.#upper : upper - 1
    this.#share = upper <= 0 ? 0 : (steps - leads[this.#lower]) / (leads[upper] - leads[this.#lower])
  }

  /** Weight of a member at the lead sought. */
  at(series: number, member: number): number {
    const row = (series * this.#shape.members.length + member) * this.#shape.leads.length
    const below = this.#state.weight[row + this.#lower]
    return below + this.#share * (this.#state.weight[row + this.#upper] - below)
  }

  #at(series: number, member: number, lead: number): number {
    const { members, leads } = this.#shape
    return (series * members.length + member) * leads.length + lead
  }

  #slot(series: number, member: number, lead: number, step: number): number {
    const row = series * this.#shape.members.length + member
    return row * this.#waiting + this.#offsets[lead] + (step % this.#shape.leads[lead])
  }
}

function eighthPower(value: number): number {
  const squared = value * value
  const fourth = squared * squared
  return fourth * fourth
}
