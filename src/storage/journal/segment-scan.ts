import type { DiskFile } from '../../core/disk.ts'
import type { ReadRoom } from './checksum.ts'
import { ReadWindow } from './read-window.ts'
import { RECORD_ALIGNMENT, RECORD_CRC, RECORD_HEADER_BYTES, RECORD_MAGIC } from './record.layout.ts'
import { decodeRecordHeader, type RecordHeader, recordSum } from './record.ts'
import { type SegmentId, segmentSeed } from './segment.ts'

/** Where a record was found, and whether its sum fits. */
export interface FoundRecord extends RecordHeader {
  readonly offset: number
  readonly isWhole: boolean
}

/** Finds records in one segment's file; what their order means is the reader's business. */
export class SegmentScan {
  readonly #window: ReadWindow
  readonly #room: ReadRoom
  readonly #seed: number

  constructor(file: DiskFile, id: SegmentId, room: ReadRoom) {
    this.#window = new ReadWindow(file, room)
    this.#room = room
    this.#seed = segmentSeed(id)
  }

  get fileBytes(): number {
    return this.#window.fileBytes
  }

  /** The record that begins at `offset`; undefined when none can begin there. */
  at(offset: number): FoundRecord | undefined {
    const window = this.#window
    if (!window.show(offset, RECORD_HEADER_BYTES)) return undefined
    const header = decodeRecordHeader(window.view, offset - window.windowStart)
    if (header === undefined) return undefined
    const bytes = RECORD_HEADER_BYTES + header.payloadBytes
    const isWhole = window.show(offset, bytes) && this.#hasRightSum(offset, bytes)
    return { ...header, offset, isWhole }
  }

  /** The payload of the record that `at` has shown last. */
  payload({ offset, payloadBytes }: FoundRecord): Uint8Array {
    return this.#window.bytes(offset + RECORD_HEADER_BYTES, payloadBytes)
  }

  /** The next whole record from `offset` on, with a sequence number from `least` on and below `limit`. */
  next(offset: number, least: number, limit: number): FoundRecord | undefined {
    for (let at = this.#nextMagic(offset); at !== undefined; at = this.#nextMagic(at + RECORD_ALIGNMENT)) {
      if (!this.#window.show(at, RECORD_HEADER_BYTES)) return undefined
      const header = decodeRecordHeader(this.#window.view, at - this.#window.windowStart)
      // taking sums is dear, and bytes that only look like a header may be many
      if (header === undefined || header.sequence < least || header.sequence >= limit) continue
      const found = this.at(at)
      if (found?.isWhole) return found
    }
    return undefined
  }

  /** Where a record could begin, from `offset` on; mostly this passes zeros, and quickly. */
  #nextMagic(offset: number): number | undefined {
    const window = this.#window
    let at = offset
    while (window.show(at, RECORD_ALIGNMENT)) {
      const visible = window.bytesFrom(at)
      const index = visible.indexOf(RECORD_MAGIC & 0xff)
      if (index < 0) at += visible.length - (visible.length % RECORD_ALIGNMENT)
      else {
        at += index - (index % RECORD_ALIGNMENT)
        const isMagic = index % RECORD_ALIGNMENT === 0 && window.show(at, 4)
        if (isMagic && window.view.getUint32(at - window.windowStart, true) === RECORD_MAGIC) return at
        at += RECORD_ALIGNMENT
      }
    }
    return undefined
  }

  /** Shows `length` bytes from `offset` on, in pieces. */
  pieces(offset: number, length: number, visit: (bytes: Uint8Array, offset: number) => void): void {
    const end = Math.min(offset + length, this.fileBytes)
    for (let at = offset; at < end; at += PIECE_BYTES) {
      const bytes = Math.min(PIECE_BYTES, end - at)
      if (this.#window.show(at, bytes)) visit(this.#window.bytes(at, bytes), at)
    }
  }

  #hasRightSum(offset: number, bytes: number): boolean {
    const record = this.#window.bytes(offset, bytes)
    const expected = this.#window.view.getUint32(offset - this.#window.windowStart + RECORD_CRC, true)
    const header = record.subarray(0, RECORD_HEADER_BYTES)
    const payload = record.subarray(RECORD_HEADER_BYTES)
    return recordSum(header, payload, this.#seed, this.#room.checksum) === expected
  }
}

const PIECE_BYTES = 1 << 18
