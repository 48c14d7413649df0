// Decimal numbers where they lie, exactly as `Number` reads them: up to 15 digits and a power of ten up to 22 are one
// correctly rounded operation on two exact numbers (Clinger, 1990). Anything else is for `Number` itself. Eight digits
// are read at a time (Lemire, "Quickly parsing eight digits").

import * as S from '../src/history/scan/scan.layout'

const MINUS: u32 = 0x2d
const DOT: u32 = 0x2e
const ZERO: u32 = 0x30
const MAX_DIGITS: u32 = 15
const LETTER_E: u32 = 0x65

/** Reads the number at `at` into `target`; the byte behind it, 0 = not a plain decimal. */
export function decimalAt(desk: usize, at: usize, target: usize): usize {
  const negative = load<u8>(at) == MINUS
  const first = negative ? at + 1 : at
  let i = first
  let digits: u64 = 0
  const word = load<u64>(i)
  if (areDigits(word)) {
    digits = eightDigits(word)
    i += 8
  }
  for (let digit = digitAt(i); digit < 10; digit = digitAt(++i)) digits = digits * 10 + digit
  let count = <u32>(i - first)
  let decimals: u32 = 0
  if (load<u8>(i) == DOT && count > 0) {
    const dot = ++i
    for (let digit = digitAt(i); digit < 10; digit = digitAt(++i)) digits = digits * 10 + digit
    decimals = <u32>(i - dot)
    count = decimals == 0 ? 0 : count + decimals
  }
  if (count - 1 >= MAX_DIGITS || (<u32>load<u8>(i) | 0x20) == LETTER_E) return 0
  let value = <f64><i64>digits
  if (decimals > 0) value /= load<f64>(desk + (<usize>decimals << 3), S.DESK_POWERS)
  store<f64>(target, negative ? -value : value)
  return i
}

@inline
function digitAt(at: usize): u32 {
  return <u32>load<u8>(at) - ZERO
}

@inline
function areDigits(word: u64): bool {
  const high = word & 0xf0f0f0f0f0f0f0f0
  return (high | (((word + 0x0606060606060606) & 0xf0f0f0f0f0f0f0f0) >> 4)) == 0x3333333333333333
}

@inline
function eightDigits(word: u64): u64 {
  const ones = word - 0x3030303030303030
  const tens = ones * 10 + (ones >> 8)
  const mask: u64 = 0x000000ff000000ff
  return ((tens & mask) * 0x000f424000000064 + ((tens >> 16) & mask) * 0x0000271000000001) >> 32
}
