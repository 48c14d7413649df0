/**
 * Latencies as HDR histograms with counts: a total since the start and a window of the last ten seconds, held as ten
 * one-second histograms that are reused in turn and merged when read. Histograms count microseconds to two significant
 * digits (1 %) up to ten minutes; longer ones count as that, negative ones (clocks of two threads) as 0. For Prometheus
 * the total is kept once more in buckets with fixed bounds.
 *
 * The histograms live in WebAssembly memory: `LatencyBook.open` before, `close` after.
 */
import type { Histogram } from 'hdr-histogram-js'
// not the package's index: that loads the tables of languages, too, for numbers in logs
import { build } from 'hdr-histogram-js/dist/HistogramBuilder.js'
import { initWebAssemblySync } from 'hdr-histogram-js/dist/wasm/index.js'
import type { Clock } from '../core/clock.ts'
import { assert } from '../core/errors.ts'
import type { LatencySummary } from '../core/stats.ts'
import { type Tier, TIERS } from '../core/tiers.ts'
import { LatencyBuckets } from './latency-buckets.ts'

const WINDOW_SECONDS = 10
const MAX_MS = 600_000

/** From accepted to routed, and from accepted to processed. */
export const STAGES = ['routed', 'processed'] as const
export type Stage = (typeof STAGES)[number]

/** One second of latencies: whatever was there of an earlier second goes when a new one needs the room. */
interface Second {
  readonly histogram: Histogram
  second: number
  maxMs: number
}

/** What a recorder has of a span of time, and the longest of it. */
interface Span {
  readonly histograms: readonly Histogram[]
  readonly maxMs: number
}

export class LatencyRecorder {
  /** Total since the start, by the bounds of LATENCY_BOUNDS_MS. */
  readonly buckets = new LatencyBuckets()
  readonly #clock: Clock
  readonly #total = createHistogram(64)
  readonly #seconds: readonly Second[]
  #totalMaxMs = 0

  /** WebAssembly must be ready: see LatencyBook.open. */
  constructor(clock: Clock) {
    this.#clock = clock
    this.#seconds = Array.from({ length: WINDOW_SECONDS }, () => ({
      histogram: createHistogram(32),
      second: -1,
      maxMs: 0,
    }))
  }

  /** Notes that `count` readings took `valueMs` each. */
  record(valueMs: number, count: number): void {
    checkRecord(valueMs, count)
    const clampedMs = Math.min(Math.max(valueMs, 0), MAX_MS)
    const micros = Math.round(clampedMs * 1000)
    const second = this.#currentSecond()
    second.histogram.recordValueWithCount(micros, count)
    second.maxMs = Math.max(second.maxMs, clampedMs)
    this.#total.recordValueWithCount(micros, count)
    this.#totalMaxMs = Math.max(this.#totalMaxMs, clampedMs)
    this.buckets.record(clampedMs, count)
  }

  /** The last ten seconds. */
  window(): LatencySummary {
    return summarize([this.#window()])
  }

  /** Everything since the start. */
  total(): LatencySummary {
    return summarize([{ histograms: [this.#total], maxMs: this.#totalMaxMs }])
  }

  /** The last ten seconds of several recorders as one. */
  static windowOf(recorders: readonly LatencyRecorder[]): LatencySummary {
    return summarize(recorders.map((recorder) => recorder.#window()))
  }

  destroy(): void {
    this.#total.destroy()
    for (const { histogram } of this.#seconds) histogram.destroy()
  }

  #currentSecond(): Second {
    const now = Math.floor(this.#clock.nowMs() / 1000)
    const second = this.#seconds[now % WINDOW_SECONDS]
    if (second.second !== now) {
      second.histogram.reset()
      second.second = now
      second.maxMs = 0
    }
    return second
  }

  #window(): Span {
    const oldest = Math.floor(this.#clock.nowMs() / 1000) - WINDOW_SECONDS + 1
    const seconds = this.#seconds.filter(({ second }) => second >= oldest)
    return {
      histograms: seconds.map(({ histogram }) => histogram),
      maxMs: Math.max(0, ...seconds.map(({ maxMs }) => maxMs)),
    }
  }
}

/** The recorders of an engine. */
export class LatencyBook {
  /** From accepted to the alert seen by the embedding program. */
  readonly anomaly: LatencyRecorder
  readonly #stages: Readonly<Record<Stage, Readonly<Record<Tier, LatencyRecorder>>>>

  private constructor(clock: Clock) {
    const tiers = (): Record<Tier, LatencyRecorder> => {
      const recorders = TIERS.map((tier) => [tier, new LatencyRecorder(clock)])
      return Object.fromEntries(recorders) as Record<Tier, LatencyRecorder>
    }
    this.anomaly = new LatencyRecorder(clock)
    this.#stages = { routed: tiers(), processed: tiers() }
  }

  static async open(clock: Clock): Promise<LatencyBook> {
    initWebAssemblySync()
    return new LatencyBook(clock)
  }

  of(tier: Tier, stage: Stage): LatencyRecorder {
    return this.#stages[stage][tier]
  }

  /** The last ten seconds of a stage, all tiers together. */
  allTiers(stage: Stage): LatencySummary {
    return LatencyRecorder.windowOf(Object.values(this.#stages[stage]))
  }

  close(): void {
    this.anomaly.destroy()
    for (const stage of STAGES) for (const recorder of Object.values(this.#stages[stage])) recorder.destroy()
  }
}

/** Builds its message only when there is something to say: this is called for every block. */
function checkRecord(valueMs: number, count: number): void {
  if (Number.isNaN(valueMs) || !(count > 0) || !Number.isSafeInteger(count)) {
    assert(false, `a latency of ${valueMs} ms for ${count} readings`)
  }
}

/** Counts of 32 bits do for a second; a total overflows them within minutes. */
function createHistogram(bitBucketSize: 32 | 64): Histogram {
  return build({
    bitBucketSize,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: MAX_MS * 1000,
    numberOfSignificantValueDigits: 2,
    useWebAssembly: true,
  })
}

function summarize(spans: readonly Span[]): LatencySummary {
  const max = Math.max(0, ...spans.map(({ maxMs }) => maxMs))
  // nothing was recorded, or nothing took any time
  if (max === 0) return { p50: 0, p90: 0, p99: 0, p999: 0, max }
  const merged = createHistogram(64)
  try {
    for (const { histograms } of spans) for (const histogram of histograms) merged.add(histogram)
    // a quantile is the upper end of its bin, which may lie past the largest value seen
    const quantile = (percent: number): number => Math.min(merged.getValueAtPercentile(percent) / 1000, max)
    return { p50: quantile(50), p90: quantile(90), p99: quantile(99), p999: quantile(99.9), max }
  } finally {
    merged.destroy()
  }
}
