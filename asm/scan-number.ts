// Decimal numbers where they lie, exactly as `Number` reads them: up to 15 digits and a power of ten up to 22 are one
// correctly rounded operation on two exact numbers (Clinger, 1990). Anything else is for `Number` itself. Eight digits
// are read at a time (Lemire, "Quickly parsing eight digits").

import * as S from '../src/history/scan/scan.layout'

const MINUS: u32 = 0x2d
const DOT: u32 = 0x2e
const ZEROS: u64 = 0x3030303030303030
const MAX_DIGITS: u32 = 15
const LETTER_E: u32 = 0x65

/** Reads the number at `at` into `target`; the byte behind it, 0 = not a plain decimal. */
export function decimalAt(desk: usize, at: usize, target: usize): usize {
  const negative = load<u8>(at) == MINUS
  const first = negative ? at + 1 : at
  let values = load<u64>(first) ^ ZEROS
  let count = digitsIn(values)
  if (count == 0) return 0
  let digits = eightDigits(values, count)
  let i = first + <usize>count
  if (count == 8) {
    values = load<u64>(i) ^ ZEROS
    const more = digitsIn(values)
    digits = moreDigits(desk, digits, values, more)
    i += <usize>more
    count += more
  }
  let decimals: u32 = 0
  if (load<u8>(i) == DOT) {
    values = load<u64>(++i) ^ ZEROS
    decimals = digitsIn(values)
    if (decimals == 0) return 0
    digits = moreDigits(desk, digits, values, decimals)
    i += <usize>decimals
    if (decimals == 8) {
      values = load<u64>(i) ^ ZEROS
      const more = digitsIn(values)
      digits = moreDigits(desk, digits, values, more)
      i += <usize>more
      decimals += more
    }
    count += decimals
  }
  if (count > MAX_DIGITS || (<u32>load<u8>(i) | 0x20) == LETTER_E) return 0
  let value = <f64><i64>digits
  if (decimals > 0) value /= load<f64>(desk + (<usize>decimals << 3), S.DESK_POWERS)
  store<f64>(target, negative ? -value : value)
  return i
}

/** How many bytes from the first on are digits. A carry reaches only bytes behind the first that isn't. */
@inline
function digitsIn(values: u64): u32 {
  return <u32>(ctz(((values + 0x7676767676767676) | values) & 0x8080808080808080) >> 3)
}

@inline
function moreDigits(desk: usize, digits: u64, values: u64, count: u32): u64 {
  if (count == 0) return digits
  return digits * <u64><i64>load<f64>(desk + (<usize>count << 3), S.DESK_POWERS) + eightDigits(values, count)
}

/** The first `count` of them, 1 to 8, as a number. */
@inline
function eightDigits(values: u64, count: u32): u64 {
  const ones = values << (64 - (<u64>count << 3))
  const tens = ones * 10 + (ones >> 8)
  const mask: u64 = 0x000000ff000000ff
  return ((tens & mask) * 0x000f424000000064 + ((tens >> 16) & mask) * 0x0000271000000001) >> 32
}
