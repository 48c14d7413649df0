/**
 * The engine's hash of a device id (asm/hash.ts) in plain numbers: the top 6 bits of `id × 2^64/φ` mod 2^64. Only the
 * high word of the product is needed, and of the lower ones what they carry into it, exactly.
 */
const GOLDEN_HIGH = 0x9e3779b9
const GOLDEN_LOW_HIGH = 0x7f4a
const GOLDEN_LOW_LOW = 0x7c15
const GOLDEN_LOW = 0x7f4a7c15
const SHARD_SHIFT = 26
const TWO_32 = 0x1_0000_0000

export function shardOfDevice(id: number): number {
  const high = (id / TWO_32) | 0
  const low = id >>> 0
  const word = Math.imul(high, GOLDEN_LOW) + Math.imul(low, GOLDEN_HIGH) + highOfProduct(low)
  return (word >>> SHARD_SHIFT) & 63
}

/** The upper 32 bits of `low × GOLDEN_LOW`. */
function highOfProduct(low: number): number {
  const a = low >>> 16
  const b = low & 0xffff
  const middle = a * GOLDEN_LOW_LOW + ((b * GOLDEN_LOW_LOW) >>> 16)
  const other = b * GOLDEN_LOW_HIGH + (middle & 0xffff)
  return a * GOLDEN_LOW_HIGH + (middle >>> 16) + (other >>> 16)
}
