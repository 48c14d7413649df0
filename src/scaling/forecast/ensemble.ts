/**
 * Forecasts many series of one resolution: for each, the same parameter sets run side by side over the logarithm of
 * demand (log(1 + y): additive where there is next to nothing), and what they say is averaged with weights that they
 * earned by their recent errors at about the lead time asked for (combination of forecasts: Bates & Granger 1969).
 * Seasonal naive and naive are among them, so the whole is never much worse than either.
 *
 * Constant state, no look back: a series learns from its first day on. Steps that are not shown to it (masked) age what
 * is left of the last error, nothing else. Sudden steps to next to nothing look like outages and are not believed for a while.
 */
import { copyStarter, finishFirstDay, finishFirstWeek } from './first-weeks.ts'
import { type EnsembleState, ensembleState } from './ensemble-state.ts'
import type { EnsembleShape } from './ensemble-shape.ts'
import { beginAnew, lend, sharesOf, shiftBy } from './lent-history.ts'
import { LeadWeights } from './lead-weights.ts'
import { Prediction } from './prediction.ts'
import { SHARED_WEEKS } from './season-gains.ts'
import { Smoothing } from './smoothing.ts'
import { TrialForecasts } from './trial-forecasts.ts'

/** Nearly gone: less than a tenth of what was expected, and far beyond usual errors. */
const GONE = 0.1
const FAR = 6
/** Of a step's doubt, what an ordinary step takes back. */
const TRUST_REGAINED = 0.1

export class SeasonalEnsemble {
  readonly state: EnsembleState
  readonly #shape: EnsembleShape
  readonly #weights: LeadWeights
  readonly #smoothing: Smoothing
  readonly #prediction: Prediction
  readonly #trials: TrialForecasts

  constructor(shape: EnsembleShape) {
    this.#shape = shape
    this.state = ensembleState(shape)
    this.#weights = new LeadWeights(shape, this.state)
    this.#smoothing = new Smoothing(shape, this.state)
    this.#prediction = new Prediction(shape, this.state, this.#weights)
    this.#trials = new TrialForecasts(shape, this.state, this.#weights)
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
    this.#smoothing.learn(series, step, Math.log1p(demand), gap)
    last[series] = step
    seen[series]++
    this.#endSeason(series)
    this.#weights.weigh(series)
    this.#trials.make(series, step)
    return true
  }

  /** Expected demand of a step after the last one observed. */
  predict(series: number, step: number): number {
    return this.#prediction.predict(series, step)
  }

  /** What these series learn until `settle` is a part of their sum. */
  lend(groups: readonly (readonly number[])[]): void {
    lend(this.state, groups)
  }

  /**
   * Series whose history is a part of a sum take over the shares that they have in a step, before it is observed. Returns
   * whether any did.
   */
  settle(step: number, means: Float64Array): boolean {
    const shares = sharesOf(this.state, means, (one) => this.predict(one, step))
    for (const [series, share] of shares) {
      const shift = Math.log1p(share) - Math.log1p(this.predict(series, step))
      if (share === 0) beginAnew(this.#shape, this.state, series)
      else shiftBy(this.#shape, this.state, series, shift)
      this.#weights.forgetBetween(series, -Infinity, step)
      this.state.lent[series] = 0
    }
    return shares.size > 0
  }

  #isDoubtful(series: number, step: number, demand: number): boolean {
    const { seen, scale, doubtful } = this.state
    const { season, patience } = this.#shape
    if (seen[series] < season.daySlots || doubtful[series] >= patience) return false
    const expected = this.predict(series, step)
    if (demand >= expected * GONE) return false
    return Math.log1p(expected) - Math.log1p(demand) > FAR * scale[series]
  }

  #endSeason(series: number): void {
    const { daySlots } = this.#shape.season
    const seen = this.state.seen[series]
    if (seen % daySlots !== 0) return
    if (seen === daySlots) finishFirstDay(this.#shape, this.state, series)
    const weeks = seen / (daySlots * 7)
    if (weeks === 1) finishFirstWeek(this.#shape, this.state, series)
    if (Number.isInteger(weeks) && weeks <= SHARED_WEEKS) copyStarter(this.#shape, this.state, series)
  }
}
