// Where a key lives. Fibonacci hashing (Knuth, TAOCP vol. 3, 6.4): multiply by 2^64/φ and keep the top bits.

import { SHARD_SHIFT } from '../src/memory/layout/series.layout'

const GOLDEN: u64 = 0x9e3779b97f4a7c15

@inline
export function shardOf(key: u64): u32 {
  return <u32>(((key >> 16) * GOLDEN) >> SHARD_SHIFT)
}

@inline
export function slotHash(key: u64): u32 {
  const mixed = (key ^ (key >> 32)) * GOLDEN
  return <u32>(mixed >> 32) ^ <u32>(mixed >> 12)
}
