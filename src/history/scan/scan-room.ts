import { CHUNK_BYTES } from '../input/chunk.ts'
import type { Lines } from '../input/lines-in-range.ts'
import type { ScanDesk } from './scan-desk.ts'
import { SLACK_BYTES } from './scan.layout.ts'

/** A chunk, and the end of its last line. */
const FIRST_BYTES = CHUNK_BYTES + (1 << 17)

/** Where inputs lie for the kernels: they are read to here, or copied if they lie elsewhere. */
export class ScanRoom {
  /** Bytes behind it may be read and written too. */
  bytes: Uint8Array<SharedArrayBuffer>
  readonly #desk: ScanDesk

  constructor(desk: ScanDesk) {
    this.#desk = desk
    this.bytes = this.#reserve(FIRST_BYTES)
  }

  ofBytes(length: number): Uint8Array<SharedArrayBuffer> {
    if (length > this.bytes.length) this.bytes = this.#reserve(2 * length)
    return this.bytes
  }

  /** The same, here. */
  laid(lines: Lines): Lines {
    if (lines.bytes === this.bytes) return lines
    const { from, to } = lines
    const bytes = this.ofBytes(to - from)
    bytes.set(lines.bytes.subarray(from, to))
    return { bytes, from: 0, to: to - from }
  }

  #reserve(length: number): Uint8Array<SharedArrayBuffer> {
    return this.#desk.bytes(length + SLACK_BYTES).subarray(0, length)
  }
}
