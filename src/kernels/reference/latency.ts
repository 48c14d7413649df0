import { LATENCY_BUCKETS, LATENCY_MAX_US, LATENCY_STEPS } from '../../memory/layout/counters.layout.ts'

/**
 * Twin of asm/counters.ts: counts of latencies by bucket. Below 2 × LATENCY_STEPS µs a bucket is one µs wide; each
 * further octave has LATENCY_STEPS buckets, twice as wide as those of the octave before.
 */
export class LatencyCounts {
  readonly buckets = new Uint32Array(LATENCY_BUCKETS)

  record(latencyMs: number, count: number): void {
    this.buckets[bucketOf(latencyMs)] += count
  }
}

export function bucketOf(latencyMs: number): number {
  let rest = Math.trunc(Math.min(Math.max(latencyMs * 1000, 0), LATENCY_MAX_US))
  let base = 0
  while (rest >= 2 * LATENCY_STEPS) {
    rest = Math.floor(rest / 2)
    base += LATENCY_STEPS
  }
  return base + rest
}
