/** Gives the forecaster whole seconds, however late a tick came. */
import type { DemandForecaster } from '../core/scaling.ts'
import type { ScalingReading } from './scaling-gauge.ts'

const SECOND_MS = 1000
/** A process that stood still for longer says nothing of each second. */
const MOST_SECONDS = 60

export class DemandFeed {
  readonly #forecaster: DemandForecaster

  constructor(forecaster: DemandForecaster) {
    this.#forecaster = forecaster
  }

  /** What was read at `at` is of the `elapsedMs` before. */
  take({ arrivals, activations, mask }: ScalingReading, at: number, elapsedMs: number): void {
    const seconds = Math.max(1, Math.round(elapsedMs / SECOND_MS))
    const told = Math.min(seconds, MOST_SECONDS)
    for (let i = told; i > 0; i--)
      this.#forecaster.observe({
        at: at - i * SECOND_MS,
        arrivals: arrivals.map((count) => (count * SECOND_MS) / elapsedMs),
        activations: activations / seconds,
        mask,
      })
  }
}
