/**
 * Decimal numbers where they lie, exactly as `Number` reads them: up to 15 digits and a power of ten up to 22 are one
 * correctly rounded operation on two exact numbers (Clinger, 1990). Anything else is for `Number` itself.
 */
const POWERS = Float64Array.from({ length: 23 }, (_, power) => 10 ** power)
const MAX_DIGITS = 15
const MINUS = 0x2d
const DOT = 0x2e

/**
 * Reads the number at `at` into `target[index]` (numbers that are returned would be allocated); returns the byte behind
 * it, −1 = not a plain decimal.
 */
export function readDecimal(
  bytes: Uint8Array,
  at: number,
  limit: number,
  target: Float64Array,
  index: number,
): number {
  const negative = bytes[at] === MINUS
  const first = negative ? at + 1 : at
  let i = first
  let digits = 0
  let byte = 0
  for (; i < limit && (byte = bytes[i] ^ 0x30) < 10; i++) digits = digits * 10 + byte
  let count = i - first
  let decimals = 0
  if (i < limit && bytes[i] === DOT && count > 0) {
    const dot = ++i
    for (; i < limit && (byte = bytes[i] ^ 0x30) < 10; i++) digits = digits * 10 + byte
    decimals = i - dot
    count = decimals === 0 ? 0 : count + decimals
  }
  // 'e', 'E'
  if (count === 0 || count > MAX_DIGITS || (i < limit && (bytes[i] | 0x20) === 0x65)) return -1
  const value = decimals === 0 ? digits : digits / POWERS[decimals]
  target[index] = negative ? -value : value
  return i
}
