// Lines of CSV without quotes. Behind the last line there must be a line's end, and bytes that may be read.

import * as S from '../src/history/scan/scan.layout'
import { beginLine, Said, tableOf, takeLine, takeName, takeText } from './scan-fields'
import { likelyEnd } from './scan-names'
import { decimalAt } from './scan-number'
import { hasRoom, stop } from './scan-rows'

const NEWLINE: u8 = 0x0a
const RETURN: u8 = 0x0d
const SPACE: u8 = 0x20
const QUOTE: u8 = 0x22
const COMMA: u8 = 0x2c

/** Reads lines from `from` up to `to`; where the next one begins. Not all: the desk says why. `said` is room for a line. */
export function scanCsv(desk: usize, said: Said, from: usize, to: usize): usize {
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
function readLine(desk: usize, said: Said, at: usize): usize {
  if (!hasRoom(desk)) return stop(desk, S.STOP_ROOM)
  beginLine(desk, said)
  const columns = <usize>load<u32>(desk, S.DESK_COLUMNS)
  const last = load<u32>(desk, S.DESK_COLUMN_COUNT) - 1
  let column: u32 = 0
  while (true) {
    let end = readCell(desk, said, load<i8>(columns + <usize>column), at)
    if (end == 0) return 0
    if (load<u8>(end) == RETURN && load<u8>(end, 1) == NEWLINE) end++
    if (column == last) {
      if (load<u8>(end) != NEWLINE) return stop(desk, S.STOP_LINE)
      return takeLine(desk, said) ? end : 0
    }
    if (load<u8>(end) != COMMA) return stop(desk, S.STOP_LINE)
    at = end + 1
    column++
  }
}

/** The byte behind the cell; 0 = the desk says why not. */
@inline
function readCell(desk: usize, said: Said, field: i32, at: usize): usize {
  if (field >= S.FIELD_VALUE && field <= S.FIELD_LON) {
    const end = decimalAt(desk, at, desk + S.DESK_ROW + (<usize>(field - S.FIELD_VALUE) << 3))
    if (end != 0) return end
    return field >= S.FIELD_LAT && isEnd(load<u8>(at)) ? at : stop(desk, S.STOP_LINE)
  }
  if (field != S.UNUSED) {
    const table = tableOf(desk, field)
    const name = load<i32>(table, S.TABLE_GUESS)
    const likely = likelyEnd(table, name, at)
    if (likely != 0 && isCellEnd(likely)) {
      takeName(desk, said, field, name)
      return likely
    }
  }
  const end = cellEnd(at)
  if (end == 0) return stop(desk, S.STOP_LINE)
  if (field == S.UNUSED) return end
  const isReturned = end > at && load<u8>(end) == NEWLINE && load<u8>(end - 1) == RETURN
  const to = isReturned ? end - 1 : end
  // what is nothing but blanks says nothing
  if (to > at && load<u8>(at) <= SPACE) return stop(desk, S.STOP_LINE)
  if (field == S.FIELD_TIER && to == at) return end
  return takeText(desk, said, field, at, to) ? end : 0
}

@inline
function isCellEnd(at: usize): bool {
  const byte = load<u8>(at)
  return byte == COMMA || byte == NEWLINE || (byte == RETURN && load<u8>(at, 1) == NEWLINE)
}

@inline
function isEnd(byte: u8): bool {
  return byte == COMMA || byte == NEWLINE || byte == RETURN
}

/** The comma or line's end behind the cell; 0 = it has a quote. */
@inline
function cellEnd(at: usize): usize {
  while (true) {
    const bytes = v128.load(at)
    const ends = v128.or(i8x16.eq(bytes, i8x16.splat(COMMA)), i8x16.eq(bytes, i8x16.splat(NEWLINE)))
    const found = i8x16.bitmask(v128.or(ends, i8x16.eq(bytes, i8x16.splat(QUOTE))))
    if (found != 0) {
      at += ctz(found)
      return load<u8>(at) == QUOTE ? 0 : at
    }
    at += 16
  }
}
