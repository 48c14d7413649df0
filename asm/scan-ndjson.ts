// Lines of JSON that are objects of strings without escapes, plain decimals, true, false and null. Behind the last line
// there must be a line's end, and bytes that may be read.

import * as S from '../src/history/scan/scan.layout'
import { beginLine, Said, tableOf, takeLine, takeName, takeText } from './scan-fields'
import { likelyEnd, nameAt } from './scan-names'
import { decimalAt } from './scan-number'
import { hasRoom, stop } from './scan-rows'

const NEWLINE: u8 = 0x0a
const RETURN: u8 = 0x0d
const SPACE: u8 = 0x20
const QUOTE: u8 = 0x22
const COMMA: u8 = 0x2c
const MINUS: u8 = 0x2d
const ZERO: u32 = 0x30
const COLON: u8 = 0x3a
const BACKSLASH: u8 = 0x5c
const OPEN: u8 = 0x7b
const CLOSE: u8 = 0x7d
/** 'true', 'alse', 'null', little endian. */
const TRUE: u32 = 0x65757274
const FALSE_END: u32 = 0x65736c61
const NULL: u32 = 0x6c6c756e
const LETTER_F: u8 = 0x66

/** Reads lines from `from` up to `to`; where the next one begins. Not all: the desk says why. `said` is room for a line. */
export function scanNdjson(desk: usize, said: Said, from: usize, to: usize): usize {
  let lines: u32 = 0
  store<u32>(desk, S.STOP_DONE, S.DESK_STOP)
  while (from < to) {
    const end = readLine(desk, said, from)
    if (end == 0) break
    from = end + 1
    lines++
  }
  store<u32>(desk, lines, S.DESK_LINES)
  return from
}

/** The line's end; 0 = the desk says why not. */
function readLine(desk: usize, said: Said, start: usize): usize {
  if (!hasRoom(desk)) return stop(desk, S.STOP_ROOM)
  if (load<u8>(start) != OPEN) return stop(desk, S.STOP_LINE)
  beginLine(desk, said)
  let order = desk + S.DESK_ORDER
  let at = start + 1
  while (true) {
    if (load<u8>(at) != QUOTE) return stop(desk, S.STOP_LINE)
    let field: i32 = load<i8>(order)
    let nameEnd = likelyEnd(desk + S.DESK_FIELDS, field, at + 1)
    if (nameEnd == 0 || load<u8>(nameEnd) != QUOTE) {
      nameEnd = stringEnd(at + 1)
      if (nameEnd == 0) return stop(desk, S.STOP_LINE)
      field = nameAt(desk + S.DESK_FIELDS, at + 1, nameEnd, field)
      store<i8>(order, <i8>field)
    }
    if (load<u8>(nameEnd, 1) != COLON) return stop(desk, S.STOP_LINE)
    order = desk + S.DESK_ORDER + <usize>(field + 1)
    at = readValue(desk, said, field, load<u8>(nameEnd, 2) == SPACE ? nameEnd + 3 : nameEnd + 2)
    if (at == 0) return 0
    if (load<u8>(at) == CLOSE) return endLine(desk, said, at + 1)
    if (load<u8>(at) != COMMA) return stop(desk, S.STOP_LINE)
    at += load<u8>(at, 1) == SPACE ? 2 : 1
  }
}

@inline
function endLine(desk: usize, said: Said, at: usize): usize {
  const end = load<u8>(at) == RETURN ? at + 1 : at
  if (load<u8>(end) != NEWLINE) return stop(desk, S.STOP_LINE)
  return takeLine(desk, said) ? end : 0
}

/** The byte behind the value; 0 = the desk says why not. */
@inline
function readValue(desk: usize, said: Said, field: i32, at: usize): usize {
  const isNumeric = field >= S.FIELD_VALUE && field <= S.FIELD_LON
  if (load<u8>(at) == QUOTE) {
    if (field != S.NONE && !isNumeric) {
      const table = tableOf(desk, field)
      const name = load<i32>(table, S.TABLE_GUESS)
      const likely = likelyEnd(table, name, at + 1)
      if (likely != 0 && load<u8>(likely) == QUOTE) {
        takeName(desk, said, field, name)
        return likely + 1
      }
    }
    const end = stringEnd(at + 1)
    if (end == 0 || isNumeric) return stop(desk, S.STOP_LINE)
    return field == S.NONE || takeText(desk, said, field, at + 1, end) ? end + 1 : 0
  }
  if (field != S.NONE && !isNumeric) return stop(desk, S.STOP_LINE)
  // where the value of what is ignored goes, nothing has been written that counts
  const target = isNumeric ? desk + S.DESK_ROW + (<usize>(field - S.FIELD_VALUE) << 3) : desk + S.DESK_POWERS
  const end: usize = isZeroLed(at) ? 0 : decimalAt(desk, at, target)
  if (end != 0) return end
  const word = load<u32>(at)
  if (field == S.NONE && word == NULL) return at + 4
  if (field != S.NONE && field != S.FIELD_VALUE) return stop(desk, S.STOP_LINE)
  const isTrue = word == TRUE
  if (!isTrue && (load<u8>(at) != LETTER_F || load<u32>(at, 1) != FALSE_END)) return stop(desk, S.STOP_LINE)
  if (isNumeric) store<f64>(target, isTrue ? 1 : 0)
  return at + (isTrue ? 4 : 5)
}

/** No number in JSON: 007. */
@inline
function isZeroLed(at: usize): bool {
  const first = load<u8>(at) == MINUS ? at + 1 : at
  return <u32>load<u8>(first) == ZERO && <u32>load<u8>(first, 1) - ZERO < 10
}

/** Where the string that begins at `at` has its closing quote; 0 = it has escapes, or is not closed in its line. */
@inline
function stringEnd(at: usize): usize {
  while (true) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH)))
    const found = i8x16.bitmask(v128.or(ends, i8x16.lt_u(bytes, i8x16.splat(SPACE))))
    if (found != 0) {
      at += ctz(found)
      return load<u8>(at) == QUOTE ? at : 0
    }
    at += 16
  }
}
