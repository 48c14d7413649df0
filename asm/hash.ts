// Where a key lives. Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4): multiply by 2^64/φ and take the top bits. The top
// bits of a device's hash are its shard, the next ones the slot within it, which the metric then shifts about.

import { SHARD_BITS } from '../src/memory/layout/series.layout'

const GOLDEN: u64 = 0x9e3779b97f4a7c15
const METRIC_STEP: u32 = 0x9e3779b1

@inline
export function hashDevice(id: u64): u64 {
  return id * GOLDEN
}

@inline
export function shardOf(key: u64): u32 {
  return <u32>(hashDevice(key >> 16) >> (64 - SHARD_BITS))
}

/** The key's home among the slots of all shards. */
@inline
export function slotOf(key: u64, hashShift: u32, slotMask: u32): u32 {
  const device = <u32>(hashDevice(key >> 16) >> hashShift)
  return device ^ (((<u32>key & 0xffff) * METRIC_STEP >> 8) & slotMask)
}
