import type { Course, Frame } from './frame.ts'
import type { SentReading } from './reading.ts'

/**
 * A FlatBuffers `Frame` laid out by hand, always in this one shape (schemas/wire.fbs):
 *
 *  0 root offset (16) │  4 "MRF1" │  8 vtable: bytes 8, table bytes 12, seq at 4, readings at 8
 * 16 table: to vtable 8 │ 20 seq │ 24 to vector 4 │ 28 number of readings │ 32 readings, 32 bytes each
 *
 * A reading: series key (device << 16 | metric) at 0, time at 8, value at 16, lat and lon (1e-7 degree) at 24 and 28.
 */
const HEAD_BYTES = 32
export const READING_BYTES = 32
const MAGIC = 0x3146524d
const UNITS_PER_DEGREE = 1e7
const NO_POSITION = -0x8000_0000
const TWO_16 = 0x1_0000

export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const unitsOf = (degrees: number): number =>
  degrees === degrees ? Math.round(degrees * UNITS_PER_DEGREE) : NO_POSITION

/** Puts a reading at `at`; no object is made. Degrees NaN = no position. */
export function putReading(
  view: DataView,
  at: number,
  deviceId: number,
  metricId: number,
  value: number,
  time: number,
  lat: number,
  lon: number,
): void {
  view.setUint32(at, (deviceId * TWO_16) | metricId, true)
  view.setUint32(at + 4, deviceId / TWO_16, true)
  view.setFloat64(at + 8, time, true)
  view.setFloat64(at + 16, value, true)
  view.setInt32(at + 24, unitsOf(lat), true)
  view.setInt32(at + 28, unitsOf(lon), true)
}

/** A frame of readings that lie one behind the other, and what has become of them so far. */
export function frameOf(seq: number, readings: Uint8Array, course: Course): Frame & { bytes: Uint8Array } {
  const bytes = new Uint8Array(HEAD_BYTES + readings.length)
  const count = readings.length / READING_BYTES
  const view = viewOf(bytes)
  const head = [16, MAGIC, 0xc_0008, 0x8_0004, 8, seq, 4, count]
  head.forEach((word, i) => view.setUint32(4 * i, word, true))
  bytes.set(readings, HEAD_BYTES)
  return { ...course, seq, count, bytes }
}

export const countOf = (frame: Uint8Array): number => (frame.length - HEAD_BYTES) / READING_BYTES

/** Bytes of a frame of so many readings. */
export const frameBytes = (count: number): number => HEAD_BYTES + count * READING_BYTES

/** Some of the readings of a frame, one behind the other. */
export function someOf(frame: Uint8Array, indexes: readonly number[]): Uint8Array {
  const readings = new Uint8Array(indexes.length * READING_BYTES)
  indexes.forEach((index, i) => {
    readings.set(frame.subarray(frameBytes(index), frameBytes(index + 1)), i * READING_BYTES)
  })
  return readings
}

/** The readings of a frame of the shape above; none, if it is empty. */
export function readingsOf(frame: Uint8Array): SentReading[] {
  const view = viewOf(frame)
  return Array.from({ length: countOf(frame) }, (_, i) => {
    const at = frameBytes(i)
    const low = view.getUint32(at, true)
    const degreesAt = (offset: number) => view.getInt32(at + offset, true) / UNITS_PER_DEGREE
    const lat = degreesAt(24)
    return {
      deviceId: view.getUint32(at + 4, true) * TWO_16 + (low >>> 16),
      metricId: low & 0xffff,
      value: view.getFloat64(at + 16, true),
      time: view.getFloat64(at + 8, true),
      ...(lat >= -90 && { lat, lon: degreesAt(28) }),
    }
  })
}
