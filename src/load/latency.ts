import type { LatencySummary } from '../core/stats.ts'
import { LogHistogram } from '../observability/log-histogram.ts'

const MAX_US = 3_600_000_000

/** Latencies, 1 µs to 1 h, three digits. */
export class Latency {
  readonly #histogram = new LogHistogram(3, MAX_US)

  record(ms: number): void {
    this.#histogram.record(Math.min(MAX_US, Math.max(0, Math.round(ms * 1000))))
  }

  get count(): number {
    return this.#histogram.count
  }

  /** Milliseconds; null if nothing was recorded. */
  summary(): LatencySummary | null {
    if (this.count === 0) return null
    const at = (percent: number): number => this.#histogram.percentile(percent) / 1000
    return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: this.#histogram.max / 1000 }
  }
}
