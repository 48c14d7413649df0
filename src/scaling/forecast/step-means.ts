/**
 * Seconds gathered into steps of a resolution: the mean demand of each series over the seconds of a step that were shown.
 * Masked seconds are not shown; a step of which too little was shown tells nothing.
 */
export interface FinishedStep {
  readonly step: number
  readonly means: Float64Array
}

/** Share of a step that must have been seen for its mean to count. */
const ENOUGH = 1 / 20

export class StepMeans {
  readonly #stepMs: number
  readonly #sums: Float64Array
  #step = NaN
  #seconds = 0

  constructor(series: number, stepMs: number) {
    this.#stepMs = stepMs
    this.#sums = new Float64Array(series)
  }

  /** Ends the current step if `at` is beyond it; returns it if enough of it was seen. */
  advance(at: number): FinishedStep | null {
    const step = Math.floor(at / this.#stepMs)
    if (step === this.#step) return null
    const isEnough = this.#seconds >= (ENOUGH * this.#stepMs) / 1000
    const finished = isEnough ? { step: this.#step, means: this.#takeMeans() } : null
    this.#step = step
    this.restart()
    return finished
  }

  /** Whether `step` is under way. */
  isAt(step: number): boolean {
    return step === this.#step
  }

  /** What was shown of the step under way doesn't count. */
  restart(): void {
    this.#seconds = 0
    this.#sums.fill(0)
  }

  /** Demand that was this high for `seconds`. */
  add(demand: Float64Array, seconds: number): void {
    const sums = this.#sums
    this.#seconds += seconds
    for (let series = 0; series < demand.length; series++) sums[series] += demand[series] * seconds
  }

  #takeMeans(): Float64Array {
    return this.#sums.map((sum) => sum / this.#seconds)
  }
}
