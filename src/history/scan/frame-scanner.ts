import { FrameCheck } from '../../ingest/decode/frame-check.ts'
import type { ChunkReading } from './chunk-reading.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import type { ScanDesk } from './scan-desk.ts'
import type { Scanner } from './scanner.ts'

const PREFIX_BYTES = 4
const FIRST_BYTES = 1 << 16

/**
 * Frames of the wire protocol, one behind the other, each behind its length (u32, little endian), as FlatBuffers writes
 * buffers "size prefixed". A frame is copied to where its words are aligned.
 */
export class FrameScanner implements Scanner {
  readonly #desk: ScanDesk
  readonly #metrics: MetricNumbers
  #bytes!: Uint8Array
  #check!: FrameCheck

  constructor(desk: ScanDesk, metrics: MetricNumbers) {
    this.#desk = desk
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
    if (frame.length > this.#bytes.length) this.#reserve(2 * frame.length)
    this.#bytes.set(frame)
    const fault = this.#check.check(0, frame.length)
    if (fault !== '') return fault
    const { readingOffset, readingCount } = this.#check
    return into.putFrame(this.#bytes.byteOffset + readingOffset, readingCount, this.#metrics)
  }

  #reserve(length: number): void {
    this.#bytes = this.#desk.bytes((length + 7) & ~7)
    const { buffer, byteOffset } = this.#bytes
    this.#check = new FrameCheck(this.#bytes, new Int32Array(buffer, byteOffset, this.#bytes.length / 4))
  }
}
