import type { DiskFile } from '../../core/disk.ts'
import { MillraceError } from '../../core/errors.ts'

const NEWLINE = 0x0a
const MORE_BYTES = 1 << 16
export const MAX_LINE_BYTES = 1 << 20

export interface Lines {
  readonly bytes: Uint8Array
  readonly from: number
  readonly to: number
}

/**
 * The lines that begin in `from` … `to` of the file, in `room` or in memory of their own. The byte before is read too, as
 * it tells whether a line begins at `from`.
 */
export function linesInRange(file: DiskFile, from: number, to: number, room: Uint8Array): Lines {
  const start = Math.max(0, from - 1)
  let bytes = room.length >= to - start + MORE_BYTES ? room : new Uint8Array(to - start + MORE_BYTES)
  let filled = file.read(bytes, start)
  const first = from === 0 ? 0 : bytes.subarray(0, filled).indexOf(NEWLINE) + 1
  if ((from > 0 && first === 0) || start + first >= to) return { bytes, from: 0, to: 0 }
  for (;;) {
    const end = bytes.subarray(0, filled).indexOf(NEWLINE, to - 1 - start)
    if (filled - (to - start) > MAX_LINE_BYTES && !(end >= 0 && end - (to - start) <= MAX_LINE_BYTES))
      throw tooLong(file.path, to)
    if (end >= 0) return { bytes, from: first, to: end + 1 }
    if (filled < bytes.length) return { bytes, from: first, to: filled }
    const longer = new Uint8Array(2 * bytes.length)
    longer.set(bytes)
    bytes = longer
    filled += file.read(bytes.subarray(filled), start + filled)
  }
}

const tooLong = (path: string, position: number): MillraceError =>
  new MillraceError(
    'too-large',
    `${path}: the line at byte ${position} is longer than ${MAX_LINE_BYTES} bytes`,
  )
