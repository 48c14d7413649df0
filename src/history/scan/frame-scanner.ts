import { FrameCheck } from '../../ingest/decode/frame-check.ts'
import {
  READING_BYTES,
  READING_LAT,
  READING_LON,
  READING_TIME,
  READING_VALUE,
} from '../../memory/layout/reading.layout.ts'
import { type ChunkReading, NO_REGION, NO_TIER, ROW_TIME, ROW_VALUE } from './chunk-reading.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import type { Scanner } from './scanner.ts'

const PREFIX_BYTES = 4
const FIRST_BYTES = 1 << 16

/**
 * Frames of the wire protocol, one behind the other, each behind its length (u32, little endian), as FlatBuffers writes
 * buffers "size prefixed". A frame is copied to where its readings are aligned.
 */
export class FrameScanner implements Scanner {
  readonly #metrics: MetricNumbers
  #bytes = new Uint8Array(0)
  #u32 = new Uint32Array(0)
  #i32 = new Int32Array(0)
  #f64 = new Float64Array(0)
  #check = new FrameCheck(this.#bytes, this.#i32)

  constructor(metrics: MetricNumbers) {
    this.#metrics = metrics
    this.#reserve(FIRST_BYTES)
  }

  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let frame = 0
    for (let at = from; at < to; frame++) {
      const length = view.getUint32(at, true)
      const fault = this.#frame(bytes.subarray(at + PREFIX_BYTES, at + PREFIX_BYTES + length), into)
      if (fault !== '') into.fault(frame, fault)
      at += PREFIX_BYTES + length
    }
    return frame
  }

  #frame(frame: Uint8Array, into: ChunkReading): string {
    if (frame.length + 8 > this.#bytes.length) this.#reserve(2 * frame.length + 8)
    this.#bytes.set(frame)
    const fault = this.#check.check(0, frame.length)
    if (fault !== '') return fault
    const { readingOffset, readingCount } = this.#check
    const isAligned = (readingOffset & 7) === 0
    if (!isAligned) this.#bytes.copyWithin(readingOffset + 4, readingOffset, frame.length)
    return this.#readings(isAligned ? readingOffset : readingOffset + 4, readingCount, into)
  }

  #readings(first: number, count: number, into: ChunkReading): string {
    let fault = ''
    let low = 0
    let high = 0
    let device = -1
    for (let i = 0, at = first; i < count; i++, at += READING_BYTES) {
      const seriesLow = this.#u32[at >>> 2]
      const seriesHigh = this.#u32[(at + 4) >>> 2]
      if (device < 0 || seriesHigh !== high || seriesLow >>> 16 !== low >>> 16)
        device = into.deviceAfter(device, seriesHigh, seriesLow >>> 16)
      low = seriesLow
      high = seriesHigh
      const metric = this.#metrics.of(low & 0xffff, into)
      into.row[ROW_TIME] = this.#f64[(at + READING_TIME) >>> 3]
      into.row[ROW_VALUE] = this.#f64[(at + READING_VALUE) >>> 3]
      const lat = this.#i32[(at + READING_LAT) >>> 2]
      const lon = this.#i32[(at + READING_LON) >>> 2]
      const wrong = into.putUnits(device, metric, lat, lon, NO_REGION, NO_TIER)
      if (wrong !== '') fault = `reading ${i}: ${wrong}`
    }
    return fault
  }

  #reserve(length: number): void {
    const buffer = new ArrayBuffer((length + 7) & ~7)
    this.#bytes = new Uint8Array(buffer)
    this.#u32 = new Uint32Array(buffer)
    this.#i32 = new Int32Array(buffer)
    this.#f64 = new Float64Array(buffer)
    this.#check = new FrameCheck(this.#bytes, this.#i32)
  }
}
