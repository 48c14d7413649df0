/** Gives the forecaster whole seconds, however late a tick came. */
import type { DemandForecaster } from '../core/scaling.ts'
import type { ScalingReading } from './scaling-gauge.ts'

const SECOND_MS = 1000
/** A process that stood still for longer says nothing of each second. */
const MOST_SECONDS = 60

export class DemandFeed {
  readonly #forecaster: DemandForecaster
  /** Of a second; used again for the next. */
  readonly #arrivals: Float64Array

  constructor(forecaster: DemandForecaster) {
    this.#forecaster = forecaster
    this.#arrivals = new Float64Array(forecaster.series.length)
  }

  /** What was read at `at` is of the `elapsedMs` before. */
  take({ arrivals, activations, mask }: ScalingReading, at: number, elapsedMs: number): void {
    const seconds = Math.max(1, Math.round(elapsedMs / SECOND_MS))
    const told = Math.min(seconds, MOST_SECONDS)
    const each = this.#arrivals
    for (let series = 0; series < each.length; series++)
      each[series] = (arrivals[series] * SECOND_MS) / elapsedMs
    for (let i = told; i > 0; i--)
      this.#forecaster.observe({
        at: at - i * SECOND_MS,
        arrivals: each,
        activations: activations / seconds,
        mask,
      })
  }
}
