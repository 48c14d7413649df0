import type { ChunkReading } from './chunk-reading.ts'
import * as S from './scan.layout.ts'

const NEWLINE = 0x0a

/** Reads lines where they lie, and stops at what it doesn't know (asm/scan-csv.ts, asm/scan-ndjson.ts). */
export type LineKernel = (desk: number, said: number, from: number, to: number) => number

/** Reads a line of any kind, without its end; returns what is wrong with it, or ''. */
export type LineParser = (bytes: Uint8Array, from: number, to: number) => string

/**
 * Reads the lines at `from` … `to`, most of them by the kernel, the others by `parse`; returns how many there were. The bytes
 * lie in the desk's memory; the one behind the last is overwritten.
 */
export function scanLines(
  { bytes, from, to }: { readonly bytes: Uint8Array; readonly from: number; readonly to: number },
  into: ChunkReading,
  kernel: LineKernel,
  parse: LineParser,
): number {
  const { desk } = into
  const base = bytes.byteOffset
  new Uint8Array(desk.buffer)[base + to] = NEWLINE
  let line = 0
  for (let at = from; at < to;) {
    at = kernel(desk.address, desk.said, base + at, base + to) - base
    line += desk.i32[S.DESK_LINES / 4]
    if (at >= to || hasLearned(bytes, into)) continue
    const next = bytes.indexOf(NEWLINE, at)
    const end = next < 0 || next > to ? to : next
    const fault = parse(bytes, at, end)
    if (fault !== '') into.fault(line, fault)
    line++
    at = end + 1
  }
  return line
}

/** Whether the kernel can go on: what it did not know is there now. */
function hasLearned(bytes: Uint8Array, into: ChunkReading): boolean {
  const { i32 } = into.desk
  const from = i32[S.DESK_NAME_FROM / 4] - bytes.byteOffset
  const to = i32[S.DESK_NAME_TO / 4] - bytes.byteOffset
  switch (i32[S.DESK_STOP / 4]) {
    case S.STOP_ROOM:
      into.makeRoom()
      return true
    case S.STOP_DEVICE:
      return into.device(bytes, from, to) >= 0
    case S.STOP_METRIC:
      return into.metric(bytes, from, to) >= 0
    case S.STOP_REGION:
      return into.region(bytes, from, to) >= 0
    default:
      return false
  }
}
