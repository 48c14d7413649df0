import { FrameCheck } from '../../ingest/decode/frame-check.ts'
import type { ChunkReading } from './chunk-reading.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import type { ScanDesk } from './scan-desk.ts'
import type { Scanner } from './scanner.ts'

const PREFIX_BYTES = 4
const FIRST_BYTES = 1 << 16

/**
 * Frames of the wire protocol, one behind the other, each behind its length (u32, little endian), as FlatBuffers writes
 * buffers "size prefixed". A frame whose words are not aligned where it lies is copied to where they are.
 */
export class FrameScanner implements Scanner {
  readonly #desk: ScanDesk
  readonly #metrics: MetricNumbers
  #aligned: Uint8Array
  #check: FrameCheck

  constructor(desk: ScanDesk, metrics: MetricNumbers) {
    this.#desk = desk
    this.#metrics = metrics
    this.#aligned = desk.bytes(FIRST_BYTES)
    this.#check = checkOf(desk)
  }

  /** The bytes lie in the desk's memory. */
  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#check = checkOf(this.#desk)
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
    const address = (frame.byteOffset & 3) === 0 ? frame.byteOffset : this.#align(frame)
    const fault = this.#check.check(address, frame.length)
    if (fault !== '') return fault
    const { readingOffset, readingCount } = this.#check
    return into.putFrame(address + readingOffset, readingCount, this.#metrics)
  }

  #align(frame: Uint8Array): number {
    if (frame.length > this.#aligned.length) {
      this.#aligned = this.#desk.bytes(2 * frame.length)
      this.#check = checkOf(this.#desk)
    }
    this.#aligned.set(frame)
    return this.#aligned.byteOffset
  }
}

/** Of all memory there is now. */
const checkOf = ({ buffer }: ScanDesk): FrameCheck =>
  new FrameCheck(new Uint8Array(buffer), new Int32Array(buffer))
