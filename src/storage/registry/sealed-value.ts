/**
 * A chunk as bytes in the database: a CRC-32 over its key and its text, then the text. The database has no checksums of
 * its own, and a value that stands under another key than it was written to is as wrong as one with a flipped bit.
 */
import zlib from 'node:zlib'

const CHECK_BYTES = 4

export interface SealedValue {
  readonly check: number
  readonly bytes: Buffer
}

export function sealValue(key: string, text: string): SealedValue {
  const bytes = Buffer.allocUnsafeSlow(CHECK_BYTES + Buffer.byteLength(text))
  bytes.write(text, CHECK_BYTES)
  const check = checkOf(key, bytes)
  bytes.writeUInt32LE(check, 0)
  return { check, bytes }
}

/** The text and its check; undefined if the bytes are not what was written under this key. */
export function openValue(
  key: string,
  value: Uint8Array,
): { readonly check: number; readonly text: string } | undefined {
  if (value.length < CHECK_BYTES) return undefined
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.length)
  const check = checkOf(key, bytes)
  if (bytes.readUInt32LE(0) !== check) return undefined
  return { check, text: bytes.toString('utf8', CHECK_BYTES) }
}

const checkOf = (key: string, bytes: Buffer): number =>
  zlib.crc32(bytes.subarray(CHECK_BYTES), zlib.crc32(key))
