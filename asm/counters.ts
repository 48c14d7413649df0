// Counters and latency buckets: plain adds, because each has a single writer.

import * as C from '../src/memory/layout/counters.layout'

@inline
export function addTo(address: usize, amount: u32): void {
  store<u64>(address, load<u64>(address) + amount)
}

/** Counts `count` times a latency; a negative one (clocks of two threads) counts as zero. */
@inline
export function recordLatency(set: usize, latencyMs: f64, count: u32): void {
  const us = <u32>min<f64>(max<f64>(latencyMs * 1000, 0), C.LATENCY_MAX_US)
  const octave = max<i32>(31 - clz<u32>(us | 1), C.LATENCY_STEP_BITS - 1) - (C.LATENCY_STEP_BITS - 1)
  const bucket = us < <u32>C.LATENCY_STEPS ? us : (octave << C.LATENCY_STEP_BITS) + (us >> (octave - 1)) - C.LATENCY_STEPS
  const at = set + (<usize>bucket << 2)
  store<u32>(at, load<u32>(at) + count)
}
