/**
 * What a file of the spill is made of, little endian: records one behind the other, each
 *
 *   0 bytes of the text (u32) │ 4 crc32 of it (u32) │ 8 the text in UTF-8
 *
 * A process that was killed may leave the last one torn, a power failure zeros. Reading ends at the first record that
 * is not whole.
 */
import { crc32 } from 'node:zlib'

const HEAD = 8
const NAME = /^[0-9]{12}\.seg$/
const DIGITS = 12

export const segmentName = (number: number): string => `${String(number).padStart(DIGITS, '0')}.seg`

/** Undefined if a file of this name is no segment. */
export const segmentNumber = (name: string): number | undefined =>
  NAME.test(name) ? Number(name.slice(0, DIGITS)) : undefined

export function encodeRecords(texts: readonly string[]): Uint8Array {
  const bodies = texts.map((text) => Buffer.from(text))
  const all = Buffer.allocUnsafe(bodies.reduce((sum, body) => sum + HEAD + body.length, 0))
  let at = 0
  for (const body of bodies) {
    all.writeUInt32LE(body.length, at)
    all.writeUInt32LE(crc32(body), at + 4)
    at += HEAD + body.copy(all, at + HEAD)
  }
  return all
}

/** The text of the record at `position` and where the next one is; undefined if there is no whole one. */
export function recordTextAt(
  bytes: Uint8Array,
  position: number,
): { readonly text: string; readonly next: number } | undefined {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const body = position + HEAD
  if (body > all.length) return undefined
  const next = body + all.readUInt32LE(position)
  if (
    next === body ||
    next > all.length ||
    crc32(all.subarray(body, next)) !== all.readUInt32LE(position + 4)
  )
    return undefined
  return { text: all.toString('utf8', body, next), next }
}

/** How many whole records there are, and where they end. */
export function survey(bytes: Uint8Array): { readonly count: number; readonly end: number } {
  let count = 0
  let end = 0
  for (let record = recordTextAt(bytes, 0); record !== undefined; record = recordTextAt(bytes, end)) {
    count++
    end = record.next
  }
  return { count, end }
}
