/**
 * What a forecaster has learned, as bytes: numbers of fixed order behind a header, with a checksum. A snapshot of another
 * version, of other series or with a flipped bit is refused with a reason; nothing of it is used.
 *
 *   0  u32 magic "MRFC" · 4 u32 version · 8 u32 CRC-32C of all from 12 on · 12 u32 bytes of the shape · shape, UTF-8 ·
 *   padding to 8 · the arrays, one after the other, each padded to 8
 */
import { crc32c } from '../../kernels/reference/crc32c.ts'

/** The arrays that a forecaster consists of, in a fixed order. */
export type Learned = readonly (Float64Array | Float32Array)[]

export type RestoreOutcome =
  | { readonly restored: true }
  | { readonly restored: false; readonly reason: string }

const MAGIC = 0x4346524d
const VERSION = 3
const HEADER_BYTES = 16
const CHECKED_FROM = 12

const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8

const sizeOf = (shape: Uint8Array, learned: Learned): number =>
  learned.reduce((sum, { byteLength }) => sum + aligned(byteLength), aligned(HEADER_BYTES + shape.length))

/** `shape` says in words what the arrays belong to. */
export function writeSnapshot(shape: string, learned: Learned): Uint8Array {
  const said = new TextEncoder().encode(shape)
  const bytes = new Uint8Array(sizeOf(said, learned))
  const header = new DataView(bytes.buffer)
  header.setUint32(0, MAGIC, true)
  header.setUint32(4, VERSION, true)
  header.setUint32(12, said.length, true)
  bytes.set(said, HEADER_BYTES)
  let at = aligned(HEADER_BYTES + said.length)
  for (const { buffer, byteOffset, byteLength } of learned) {
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at)
    at += aligned(byteLength)
  }
  header.setUint32(8, crc32c(bytes.subarray(CHECKED_FROM)), true)
  return bytes
}

/** Fills the arrays from a snapshot of the same shape, or leaves them alone and says why. */
export function readSnapshot(bytes: Uint8Array, shape: string, learned: Learned): RestoreOutcome {
  const reason = refusal(bytes, shape)
  if (reason !== null) return { restored: false, reason }
  let at = aligned(HEADER_BYTES + new TextEncoder().encode(shape).length)
  for (const { buffer, byteOffset, byteLength } of learned) {
    new Uint8Array(buffer, byteOffset, byteLength).set(bytes.subarray(at, at + byteLength))
    at += aligned(byteLength)
  }
  return { restored: true }
}

function refusal(bytes: Uint8Array, shape: string): string | null {
  if (bytes.length < HEADER_BYTES) return `${bytes.length} bytes are too few`
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (header.getUint32(0, true) !== MAGIC) return 'it is not a snapshot of a forecaster'
  const version = header.getUint32(4, true)
  if (version !== VERSION) return `it is of version ${version}; this is version ${VERSION}`
  if (header.getUint32(8, true) !== crc32c(bytes.subarray(CHECKED_FROM)))
    return 'it is damaged: its checksum differs'
  const said = new TextDecoder().decode(
    bytes.subarray(HEADER_BYTES, HEADER_BYTES + header.getUint32(12, true)),
  )
  if (said !== shape) return `it is of other series or another time zone: ${said}`
  return null
}
