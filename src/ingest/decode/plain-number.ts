import { textOf } from './name-table.ts'

const [MINUS, PLUS, DOT, ZERO, NINE] = [0x2d, 0x2b, 0x2e, 0x30, 0x39]
const [SMALL_E, LARGE_E] = [0x65, 0x45]
/** So many digits are a whole number that a double holds, and 10 to the power of so many is one, too. */
const EXACT_DIGITS = 15
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, digits) => 10 ** digits)

/**
 * Reads a number of JSON's grammar (RFC 8259, section 6) from bytes. With few digits and no exponent it is the quotient of
 * two numbers that doubles hold, and so as near as can be (W. D. Clinger, "How to read floating point numbers
 * accurately", PLDI 1990); all others are left to `Number`.
 */
export class PlainNumber {
  /** What was read last. */
  value = 0

  /** Reads from `at`; returns where it ends, or −1 when there is no number. */
  read(bytes: Uint8Array, at: number): number {
    const isNegative = bytes[at] === MINUS
    const start = isNegative ? at + 1 : at
    let digits = 0
    let end = start
    for (let byte = bytes[end]; byte >= ZERO && byte <= NINE; byte = bytes[++end])
      digits = digits * 10 + (byte - ZERO)
    const whole = end - start
    if (whole === 0 || (whole > 1 && bytes[start] === ZERO)) return -1
    let fraction = 0
    if (bytes[end] === DOT) {
      const first = ++end
      for (let byte = bytes[end]; byte >= ZERO && byte <= NINE; byte = bytes[++end])
        digits = digits * 10 + (byte - ZERO)
      fraction = end - first
      if (fraction === 0) return -1
    }
    if (bytes[end] === SMALL_E || bytes[end] === LARGE_E)
      return this.#readLong(bytes, at, exponentEnd(bytes, end))
    if (whole + fraction > EXACT_DIGITS) return this.#readLong(bytes, at, end)
    const size = fraction === 0 ? digits : digits / POWERS[fraction]
    this.value = isNegative ? -size : size
    return end
  }

  #readLong(bytes: Uint8Array, at: number, end: number): number {
    if (end > 0) this.value = Number(textOf(bytes, at, end))
    return end
  }
}

function exponentEnd(bytes: Uint8Array, at: number): number {
  let end = at + 1
  if (bytes[end] === PLUS || bytes[end] === MINUS) end++
  const first = end
  while (bytes[end] >= ZERO && bytes[end] <= NINE) end++
  return end === first ? -1 : end
}
