/**
 * Names to numbers. A device's id is the low 48 bits of the 64-bit FNV-1a hash of its name's UTF-8 bytes
 * (Fowler, Noll, Vo; draft-eastlake-fnv), held as a number, which is exact up to 2^53. A series key is
 * `deviceId << 16 | metricId`; it needs 64 bits, so it is kept as two 32-bit halves or as a bigint.
 */
const PRIME_LOW = 0x1b3
const OFFSET_HIGH = 0xcbf29ce4
const OFFSET_LOW = 0x84222325
const TWO_32 = 0x1_0000_0000

const encoder = new TextEncoder()
const scratch = new Uint8Array(1024)

/** The id of the device called `name`: 1 … 2^48 − 1 (a name that hashes to 0 uses 1). */
export function deviceIdOf(name: string): number {
  const bytes = name.length * 3 <= scratch.length ? scratch : encoder.encode(name)
  const length = bytes === scratch ? encoder.encodeInto(name, scratch).written : bytes.length
  let high = OFFSET_HIGH
  let low = OFFSET_LOW
  for (let i = 0; i < length; i++) {
    low = (low ^ bytes[i]) >>> 0
    // (high, low) × (2^40 + 0x1b3) mod 2^64, in 32-bit halves
    const product = low * PRIME_LOW
    high = (Math.imul(high, PRIME_LOW) + (low << 8) + Math.floor(product / TWO_32)) >>> 0
    low = product >>> 0
  }
  return (high & 0xffff) * TWO_32 + low || 1
}

/** The low half of the key of (device, metric): `deviceId << 16 | metricId` mod 2^32. */
export const seriesLow = (deviceId: number, metricId: number): number => ((deviceId << 16) | metricId) >>> 0

/** The high half of the key of any series of the device: `deviceId >> 16`. */
export const seriesHigh = (deviceId: number): number => Math.floor(deviceId / 0x1_0000)

/** The whole key of (device, metric) as a bigint; for edges, not for the way of a reading. */
export const seriesKey = (deviceId: number, metricId: number): bigint =>
  (BigInt(deviceId) << 16n) | BigInt(metricId)

/** The device of a series key given in halves. */
export const deviceOf = (low: number, high: number): number => high * 0x1_0000 + (low >>> 16)

/** The metric of a series key given by its low half. */
export const metricOf = (low: number): number => low & 0xffff
