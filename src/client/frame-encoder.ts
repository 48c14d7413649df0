import type { SentReading } from './reading.ts'

/**
 * A FlatBuffers `Frame` laid out by hand, always in this one shape (schemas/wire.fbs):
 *
 *  0 root offset (16) │  4 "MRF1" │  8 vtable: bytes 8, table bytes 12, seq at 4, readings at 8
 * 16 table: to vtable 8 │ 20 seq │ 24 to vector 4 │ 28 number of readings │ 32 readings, 32 bytes each
 *
 * A reading: series key (device << 16 | metric) at 0, time at 8, value at 16, lat and lon (1e-7 degree) at 24 and 28.
 */
export const HEAD_BYTES = 32
export const READING_BYTES = 32
const SEQ = 20
const COUNT = 28
const UNITS_PER_DEGREE = 1e7
const NO_POSITION = -0x8000_0000
const TWO_16 = 0x1_0000

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The frame that is being filled. No object is made for a reading. */
export class FrameEncoder {
  /** Readings in the frame. */
  count = 0
  readonly capacity: number
  readonly #bytes: Uint8Array
  readonly #view: DataView

  constructor(capacity: number) {
    this.capacity = capacity
    this.#bytes = new Uint8Array(HEAD_BYTES + capacity * READING_BYTES)
    this.#view = viewOf(this.#bytes)
    writeHead(this.#view)
  }

  /** Degrees NaN = no position. Must not be called when `count` is `capacity`. */
  add(deviceId: number, metricId: number, value: number, time: number, lat: number, lon: number): void {
    const view = this.#view
    const at = HEAD_BYTES + this.count++ * READING_BYTES
    const high = Math.floor(deviceId / TWO_16)
    view.setUint32(at, ((deviceId - high * TWO_16) << 16) | metricId, true)
    view.setUint32(at + 4, high, true)
    view.setFloat64(at + 8, time, true)
    view.setFloat64(at + 16, value, true)
    view.setInt32(at + 24, lat === lat ? Math.round(lat * UNITS_PER_DEGREE) : NO_POSITION, true)
    view.setInt32(at + 28, lon === lon ? Math.round(lon * UNITS_PER_DEGREE) : NO_POSITION, true)
  }

  /** A copy of the frame as it is now. */
  frame(seq: number): Uint8Array {
    const bytes = this.#bytes.slice(0, HEAD_BYTES + this.count * READING_BYTES)
    return numbered(bytes, seq, this.count)
  }
}

function writeHead(view: DataView): void {
  view.setUint32(0, 16, true)
  view.setUint32(4, 0x3146524d, true)
  view.setUint32(8, (12 << 16) | 8, true)
  view.setUint32(12, (8 << 16) | 4, true)
  view.setInt32(16, 8, true)
  view.setUint32(24, 4, true)
}

function numbered(bytes: Uint8Array, seq: number, count: number): Uint8Array {
  const view = viewOf(bytes)
  view.setUint32(SEQ, seq, true)
  view.setUint32(COUNT, count, true)
  return bytes
}

export const countOf = (bytes: Uint8Array): number => (bytes.length - HEAD_BYTES) / READING_BYTES

/** A frame of some of the readings of another. */
export function frameOfSome(from: Uint8Array, indexes: readonly number[], seq: number): Uint8Array {
  const bytes = new Uint8Array(HEAD_BYTES + indexes.length * READING_BYTES)
  writeHead(viewOf(bytes))
  indexes.forEach((index, i) => {
    const at = HEAD_BYTES + index * READING_BYTES
    bytes.set(from.subarray(at, at + READING_BYTES), HEAD_BYTES + i * READING_BYTES)
  })
  return numbered(bytes, seq, indexes.length)
}

/** The readings of a frame of the shape above. */
export function readingsOf(bytes: Uint8Array): SentReading[] {
  const view = viewOf(bytes)
  return Array.from({ length: countOf(bytes) }, (_, i) => readingAt(view, HEAD_BYTES + i * READING_BYTES))
}

function readingAt(view: DataView, at: number): SentReading {
  const low = view.getUint32(at, true)
  const lat = view.getInt32(at + 24, true)
  return {
    deviceId: view.getUint32(at + 4, true) * TWO_16 + (low >>> 16),
    metricId: low & 0xffff,
    value: view.getFloat64(at + 16, true),
    time: view.getFloat64(at + 8, true),
    ...(lat !== NO_POSITION && {
      lat: lat / UNITS_PER_DEGREE,
      lon: view.getInt32(at + 28, true) / UNITS_PER_DEGREE,
    }),
  }
}
