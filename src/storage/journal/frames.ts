import * as L from '../../memory/layout/ring.layout.ts'
import * as R from '../../memory/layout/reading.layout.ts'

/** Bits of a frame's source that don't belong to the connection's number. */
const SOURCE_MASK = 0x3fffffff

/** A frame as it lies in a record's payload. */
export interface JournalFrame {
  readonly bytes: Uint8Array
  /** The connection's number, without its flags. */
  readonly source: number
  readonly seq: number
  /** Monotonic; the record's epochOffsetMs makes it milliseconds since 1970. */
  readonly receivedMs: number
  readonly readingCount: number
  /** A NOTE_ kind if it is a note, else undefined. */
  readonly note: number | undefined
}

/** A reading that was taken. */
export interface JournalReading {
  readonly deviceId: number
  readonly metricId: number
  readonly time: number
  readonly value: number
  /** 1e-7 degree, or undefined. */
  readonly lat: number | undefined
  readonly lon: number | undefined
}

/** The frames of a record's payload. */
export function* framesOf(payload: Uint8Array): Generator<JournalFrame, void, undefined> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  for (let at = 0; at < payload.length;) {
    const frameBytes = view.getUint32(at + L.FRAME_BYTES, true)
    // a good sum says that these are the bytes that were written, and still nobody should loop for ever over them
    if (frameBytes < L.FRAME_HEADER_BYTES || at + frameBytes > payload.length) return
    const readingCount = view.getUint32(at + L.FRAME_READING_COUNT, true)
    const offset = view.getUint32(at + L.FRAME_READING_OFFSET, true)
    yield {
      bytes: payload.subarray(at, at + frameBytes),
      source: view.getUint32(at + L.FRAME_SOURCE, true) & SOURCE_MASK,
      seq: view.getUint32(at + L.FRAME_SEQ, true),
      receivedMs: view.getFloat64(at + L.FRAME_RECEIVED_MS, true),
      readingCount,
      note: readingCount === 0 && offset < L.FRAME_HEADER_BYTES ? offset : undefined,
    }
    at += frameBytes
  }
}

/** The text of a note. */
export function noteText({ bytes }: JournalFrame): string {
  const message = new DataView(bytes.buffer, bytes.byteOffset + L.FRAME_HEADER_BYTES)
  const start = L.FRAME_HEADER_BYTES + L.NOTE_TEXT
  const length = message.getUint32(L.NOTE_LENGTH, true)
  // a decoder doesn't take views of shared memory
  return new TextDecoder().decode(bytes.slice(start, start + length))
}

/** The readings of a frame that were taken: neither refused nor malformed. */
export function* readingsOf(frame: JournalFrame): Generator<JournalReading, void, undefined> {
  const { bytes, readingCount } = frame
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const refusals = refusalsOffset(bytes.length, readingCount)
  const first = view.getUint32(L.FRAME_READING_OFFSET, true)
  for (let i = 0; i < readingCount; i++) {
    const isRefused = (view.getUint8(refusals + (i >>> 3)) >>> (i & 7)) & 1
    if (!isRefused) yield readingAt(view, first + i * R.READING_BYTES)
  }
}

function readingAt(view: DataView, at: number): JournalReading {
  const low = view.getUint32(at, true)
  const high = view.getUint32(at + 4, true)
  const lat = view.getInt32(at + R.READING_LAT, true)
  const lon = view.getInt32(at + R.READING_LON, true)
  const isPlaced = lat !== R.POSITION_ABSENT && lon !== R.POSITION_ABSENT
  return {
    deviceId: high * 0x1_0000 + (low >>> 16),
    metricId: low & 0xffff,
    time: view.getFloat64(at + R.READING_TIME, true),
    value: view.getFloat64(at + R.READING_VALUE, true),
    lat: isPlaced ? lat : undefined,
    lon: isPlaced ? lon : undefined,
  }
}

/** Where the bitmap of a frame of `frameBytes` begins: bytes in little-endian words, so bit i is in byte i / 8. */
function refusalsOffset(frameBytes: number, readings: number): number {
  if (readings <= L.FRAME_INLINE_REFUSALS) return L.FRAME_HEADER_BYTES
  const bytes = Math.ceil(readings / 8 / L.FRAME_ALIGNMENT) * L.FRAME_ALIGNMENT
  return frameBytes - bytes
}
