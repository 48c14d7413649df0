import { viewOf } from '../frame-encoder.ts'
import { crc32 } from './crc32.ts'

/**
 * What a segment file of a client's folder is made of, little endian. A settled frame is marked where it lies, which
 * needs no room on a full disk.
 *
 * segment:  0 crc32 of 4…64 │  4 "MRO1" │  8 next number (double) │ 16 bytes of the instance's name │ 24 the name │ 64
 * record:   0 crc32 of 8…end │ 4 settled (not in the crc) │ 8 bytes of the frame │ 12 seq │ 16 replaces (0 = none)
 *          20 0 │ 24 createdMs (double) │ 32 frame
 */
export const SEGMENT_HEAD = 64
export const RECORD_HEAD = 32
export const SETTLED_AT = 4
export const SETTLED = Uint8Array.of(1)
/** Everything in a segment begins at a multiple of this. */
const UNIT = 32
const MAGIC = 0x314f524d
const MAX_INSTANCE_BYTES = 40

export interface SegmentHead {
  readonly instance: string
  readonly nextSeq: number
}

export interface FrameRecord {
  readonly position: number
  readonly isSettled: boolean
  readonly seq: number
  readonly replaces: number
  readonly createdMs: number
  readonly frame: Uint8Array
}

export function segmentHead({ instance, nextSeq }: SegmentHead): Uint8Array {
  const bytes = new Uint8Array(SEGMENT_HEAD)
  const view = viewOf(bytes)
  const name = new TextEncoder().encode(instance)
  view.setUint32(4, MAGIC, true)
  view.setFloat64(8, nextSeq, true)
  view.setUint32(16, name.length, true)
  bytes.set(name, 24)
  view.setUint32(0, crc32(bytes.subarray(4)), true)
  return bytes
}

/** null if it is damaged. */
export function readSegmentHead(bytes: Uint8Array): SegmentHead | null {
  if (bytes.length < SEGMENT_HEAD) return null
  const view = viewOf(bytes)
  const length = view.getUint32(16, true)
  const isWhole = view.getUint32(0, true) === crc32(bytes.subarray(4, SEGMENT_HEAD))
  if (!isWhole || view.getUint32(4, true) !== MAGIC || length > MAX_INSTANCE_BYTES) return null
  const instance = new TextDecoder().decode(bytes.subarray(24, 24 + length))
  return { instance, nextSeq: view.getFloat64(8, true) }
}

export function recordHead(frame: Uint8Array, seq: number, replaces: number, createdMs: number): Uint8Array {
  const bytes = new Uint8Array(RECORD_HEAD)
  const view = viewOf(bytes)
  view.setUint32(8, frame.length, true)
  view.setUint32(12, seq, true)
  view.setUint32(16, replaces, true)
  view.setFloat64(24, createdMs, true)
  view.setUint32(0, crc32(frame, crc32(bytes.subarray(8))), true)
  return bytes
}

/** The record at `position`, or null if there is no whole one. */
export function recordAt(bytes: Uint8Array, position: number): FrameRecord | null {
  const body = position + RECORD_HEAD
  if (body > bytes.length) return null
  const view = viewOf(bytes)
  const end = body + view.getUint32(position + 8, true)
  const seq = view.getUint32(position + 12, true)
  if (seq === 0 || end > bytes.length || end < body + UNIT || end % UNIT !== 0) return null
  if (view.getUint32(position, true) !== crc32(bytes.subarray(position + 8, end))) return null
  return {
    position,
    isSettled: bytes[position + SETTLED_AT] !== 0,
    seq,
    replaces: view.getUint32(position + 16, true),
    createdMs: view.getFloat64(position + 24, true),
    frame: bytes.subarray(body, end),
  }
}

/** All whole records, and where something that is none lies between two of them. */
export function recordsOf(bytes: Uint8Array): { records: FrameRecord[]; damagedAt: number[] } {
  const records: FrameRecord[] = []
  const damagedAt: number[] = []
  let gap = -1
  for (let at = SEGMENT_HEAD; at < bytes.length;) {
    const record = recordAt(bytes, at)
    if (record === null) {
      if (gap < 0) gap = at
      at += UNIT
      continue
    }
    if (gap >= 0) damagedAt.push(gap)
    gap = -1
    records.push(record)
    at += RECORD_HEAD + record.frame.length
  }
  return { records, damagedAt }
}
