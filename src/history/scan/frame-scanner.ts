import { FrameCheck } from '../../ingest/decode/frame-check.ts'
import type { ChunkReading, FrameBytes } from './chunk-reading.ts'
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
  #words = wordsOf(new ArrayBuffer(0))
  #check = new FrameCheck(this.#bytes, this.#words.i32)

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
    return into.putFrame(
      this.#words,
      isAligned ? readingOffset : readingOffset + 4,
      readingCount,
      this.#metrics,
    )
  }

  #reserve(length: number): void {
    const buffer = new ArrayBuffer((length + 7) & ~7)
    this.#bytes = new Uint8Array(buffer)
    this.#words = wordsOf(buffer)
    this.#check = new FrameCheck(this.#bytes, this.#words.i32)
  }
}

const wordsOf = (buffer: ArrayBuffer): FrameBytes => ({
  u32: new Uint32Array(buffer),
  i32: new Int32Array(buffer),
  f64: new Float64Array(buffer),
})
