import type { Histogram } from 'hdr-histogram-js'
// not the package's index: that loads the tables of languages, too, for numbers in logs
import { build } from 'hdr-histogram-js/dist/HistogramBuilder.js'
import { initWebAssembly } from 'hdr-histogram-js/dist/wasm/index.js'
import type { LatencySummary } from '../core/stats.ts'

const MAX_US = 3_600_000_000

/** Latencies in an HDR histogram, 1 µs to 1 h, three digits. Needs `prepareLatency` once per thread. */
export class Latency {
  readonly #histogram: Histogram = build({
    bitBucketSize: 64,
    numberOfSignificantValueDigits: 3,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_US,
    useWebAssembly: true,
  })

  record(ms: number): void {
    this.#histogram.recordValue(Math.min(MAX_US, Math.max(0, Math.round(ms * 1000))))
  }

  get count(): number {
    return this.#histogram.totalCount
  }

  /** Milliseconds; null if nothing was recorded. */
  summary(): LatencySummary | null {
    if (this.count === 0) return null
    const at = (percentile: number): number => this.#histogram.getValueAtPercentile(percentile) / 1000
    return { p50: at(50), p90: at(90), p99: at(99), p999: at(99.9), max: this.#histogram.maxValue / 1000 }
  }

  /** Gives its WebAssembly memory back. */
  close(): void {
    this.#histogram.destroy()
  }
}

export const prepareLatency = (): Promise<void> => initWebAssembly()
