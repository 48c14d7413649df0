import type { Checksum } from './checksum.ts'
import * as R from './record.layout.ts'

/** What a record's header says. */
export interface RecordHeader {
  readonly sequence: number
  readonly run: number
  readonly ring: number
  /** Of its first frame: bytes committed to the ring since the run began. */
  readonly position: number
  /** Turns the frames' receive times into milliseconds since 1970. */
  readonly epochOffsetMs: number
  readonly writtenMs: number
  /** Every record up to this one was on the medium when this one was written. */
  readonly durable: number
  readonly payloadBytes: number
}

/** Writes the header of `payload` to `target` (64 bytes), sum included. */
export function encodeRecordHeader(
  target: Uint8Array,
  header: RecordHeader,
  payload: Uint8Array,
  seed: number,
  checksum: Checksum,
): void {
  const view = new DataView(target.buffer, target.byteOffset, R.RECORD_HEADER_BYTES)
  view.setUint32(0, R.RECORD_MAGIC, true)
  view.setUint32(R.RECORD_KIND, R.RECORD_FRAMES, true)
  view.setUint32(R.RECORD_PAYLOAD_BYTES, payload.length, true)
  view.setFloat64(R.RECORD_SEQUENCE, header.sequence, true)
  view.setFloat64(R.RECORD_POSITION, header.position, true)
  view.setFloat64(R.RECORD_EPOCH_OFFSET_MS, header.epochOffsetMs, true)
  view.setFloat64(R.RECORD_WRITTEN_MS, header.writtenMs, true)
  view.setFloat64(R.RECORD_DURABLE, header.durable, true)
  view.setUint32(R.RECORD_RUN, header.run, true)
  view.setUint32(R.RECORD_RING, header.ring, true)
  view.setUint32(R.RECORD_CRC, recordSum(target, payload, seed, checksum), true)
}

/** Reads a header without looking whether it is whole; undefined where none can begin. */
export function decodeRecordHeader(view: DataView, offset: number): RecordHeader | undefined {
  if (view.getUint32(offset, true) !== R.RECORD_MAGIC) return undefined
  const payloadBytes = view.getUint32(offset + R.RECORD_PAYLOAD_BYTES, true)
  if (payloadBytes % R.RECORD_ALIGNMENT !== 0) return undefined
  if (view.getUint32(offset + R.RECORD_KIND, true) !== R.RECORD_FRAMES) return undefined
  return {
    sequence: view.getFloat64(offset + R.RECORD_SEQUENCE, true),
    run: view.getUint32(offset + R.RECORD_RUN, true),
    ring: view.getUint32(offset + R.RECORD_RING, true),
    position: view.getFloat64(offset + R.RECORD_POSITION, true),
    epochOffsetMs: view.getFloat64(offset + R.RECORD_EPOCH_OFFSET_MS, true),
    writtenMs: view.getFloat64(offset + R.RECORD_WRITTEN_MS, true),
    durable: view.getFloat64(offset + R.RECORD_DURABLE, true),
    payloadBytes,
  }
}

/** The sum that the header (64 bytes) must carry. */
export function recordSum(header: Uint8Array, payload: Uint8Array, seed: number, checksum: Checksum): number {
  return checksum(payload, checksum(header.subarray(R.RECORD_COVERED, R.RECORD_HEADER_BYTES), seed))
}
