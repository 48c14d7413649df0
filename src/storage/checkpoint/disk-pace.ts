import type { Clock } from '../../core/clock.ts'

/** Rests are so many times as long as the work before them … */
const REST_FACTOR = 2
/** … and no longer than this. */
const LONGEST_REST_MS = 100

/** Leaves disk and processor to others for so long at most. */
export type Rest = (ms: number) => void

/**
 * Leaves two thirds of the time to others: whatever makes a step slow (a disk that has much to write, a processor that
 * others want) makes the rest behind it long.
 */
export class DiskPace {
  readonly #clock: Clock
  readonly #rest: Rest
  #sinceMs: number

  constructor(clock: Clock, rest: Rest) {
    this.#clock = clock
    this.#rest = rest
    this.#sinceMs = clock.nowMs()
  }

  /** Ends a step, and rests. */
  rest(): void {
    const tookMs = this.#clock.nowMs() - this.#sinceMs
    this.#rest(Math.min(REST_FACTOR * tookMs, LONGEST_REST_MS))
    this.#sinceMs = this.#clock.nowMs()
  }
}
