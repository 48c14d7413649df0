/** The last readings that no pipeline could process: what they were, which pipeline failed, and why. */
import type { Clock } from '../core/clock.ts'
import { Latest } from './latest.ts'

export interface DeadReading {
  readonly device: string
  readonly metric: string
  /** Series key in decimal. */
  readonly series: string
  readonly time: number
  readonly value: number
}

export interface DeadLetter {
  /** When it was given up, milliseconds since the epoch. */
  readonly at: number
  readonly reading: DeadReading
  readonly cause: string
  readonly pipeline: string
}

/** A cause is what user code threw, of any length. */
const KEPT_CAUSE = 1024

export class DeadLetters extends Latest<DeadLetter> {
  readonly #clock: Clock

  constructor(clock: Clock, capacity: number) {
    super(capacity)
    this.#clock = clock
  }

  add(reading: DeadReading, cause: string, pipeline: string): void {
    this.keep({ at: this.#clock.epochMs(), reading, cause: cause.slice(0, KEPT_CAUSE), pipeline })
  }
}
