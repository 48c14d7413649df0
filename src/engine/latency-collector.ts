import { TIERS } from '../core/tiers.ts'
import * as C from '../memory/layout/counters.layout.ts'
import { TRACK_COUNT, TRACK_CRITICAL } from '../memory/layout/lanes.layout.ts'
import type { LatencyBook, LatencyRecorder } from '../observability/latency.ts'
import type { Foundation } from './foundation.ts'

/** Brings the latencies that router and workers have counted in shared memory into the histograms. */
export class LatencyCollector {
  readonly #sets: readonly { counts: Uint32Array; seen: Uint32Array; recorder: LatencyRecorder }[]

  constructor({ memory, plan }: Foundation, book: LatencyBook) {
    const set = (index: number, recorder: LatencyRecorder) => {
      const words = (plan.at.latencies + index * C.LATENCY_SET_BYTES) >>> 2
      const counts = memory.u32.subarray(words, words + C.LATENCY_BUCKETS)
      return { counts, seen: new Uint32Array(C.LATENCY_BUCKETS), recorder }
    }
    const routed = TIERS.map((tier, index) => set(index, book.of(tier, 'routed')))
    const processed = Array.from({ length: plan.needs.workers }, (_, worker) =>
      TIERS.map((tier, index) =>
        set(TIERS.length + worker * TRACK_COUNT + TRACK_CRITICAL + index, book.of(tier, 'processed')),
      ),
    )
    this.#sets = [...routed, ...processed.flat()]
  }

  collect(): void {
    for (const { counts, seen, recorder } of this.#sets) {
      for (let bucket = 0; bucket < C.LATENCY_BUCKETS; bucket++) {
        // read once: others write it meanwhile
        const count = counts[bucket]
        const added = (count - seen[bucket]) >>> 0
        if (added === 0) continue
        seen[bucket] = count
        recorder.record(bucketMs(bucket), added)
      }
    }
  }
}

/** The middle of a bucket (layout/counters.layout.ts). */
export function bucketMs(bucket: number): number {
  if (bucket < 2 * C.LATENCY_STEPS) return bucket / 1000
  const octave = (bucket >> C.LATENCY_STEP_BITS) - 1
  const step = 2 ** octave
  const low = (C.LATENCY_STEPS + (bucket & (C.LATENCY_STEPS - 1))) * step
  return (low + step / 2) / 1000
}
