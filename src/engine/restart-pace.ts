/** A worker that has lived for so long is no sequel to one that failed before. */
const CALM_MS = 10_000
/** Finding one reading in a slice of 256 costs nine workers; those come at once. */
const AT_ONCE = 10
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 1000

/**
 * How soon a worker that failed is replaced. What fails again and again must not keep the machine, and whoever hears of
 * it, busy with failing.
 */
export class RestartPace {
  #failures = 0
  #failedMs = -Infinity

  /** Notes a failure; milliseconds to wait before the next start, each time twice as many. */
  failed(nowMs: number): number {
    this.#failures = nowMs - this.#failedMs > CALM_MS ? 1 : this.#failures + 1
    this.#failedMs = nowMs
    if (this.#failures <= AT_ONCE) return 0
    return Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.#failures - AT_ONCE - 1))
  }
}
