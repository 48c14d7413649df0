/** Counts of latencies by fixed upper bounds, since the start: what a Prometheus histogram is made of. */

/** Upper bounds, inclusive. */
export const LATENCY_BOUNDS_MS = [
  0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000,
] as const

export class LatencyBuckets {
  /** Count per bound; the last is of those beyond every bound. */
  readonly #counts = new Float64Array(LATENCY_BOUNDS_MS.length + 1)
  #sumMs = 0

  get sumMs(): number {
    return this.#sumMs
  }

  record(valueMs: number, count: number): void {
    const bucket = LATENCY_BOUNDS_MS.findIndex((bound) => valueMs <= bound)
    this.#counts[bucket === -1 ? LATENCY_BOUNDS_MS.length : bucket] += count
    this.#sumMs += valueMs * count
  }

  /** How many were at most as long as each bound; the last is of all. */
  cumulative(): number[] {
    let sum = 0
    return Array.from(this.#counts, (count) => (sum += count))
  }
}
