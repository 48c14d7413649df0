import { SHARD_BITS } from '../../memory/layout/series.layout.ts'

/**
 * Twin of asm/hash.ts: Fibonacci hashing of the device id. Its top bits are the shard, the next ones the slot within
 * the shard, moved about by the metric.
 */
const GOLDEN = 0x9e3779b97f4a7c15n
const METRIC_STEP = 0x9e3779b1

const hashDevice = (key: bigint): bigint => BigInt.asUintN(64, (key >> 16n) * GOLDEN)

export const shardOf = (key: bigint): number => Number(hashDevice(key) >> BigInt(64 - SHARD_BITS))

/** Where the search for a series begins among `slots` (a power of two) of its shard. */
export function homeSlot(key: bigint, slots: number): number {
  const slotBits = Math.log2(slots)
  const device = Number(BigInt.asUintN(slotBits, hashDevice(key) >> BigInt(64 - SHARD_BITS - slotBits)))
  const metric = Math.imul(Number(key & 0xffffn), METRIC_STEP) >>> 8
  return (device ^ metric) % slots
}
