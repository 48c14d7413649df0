import type { DiskFile } from '../../core/disk.ts'
import type { Checksum } from './checksum.ts'
import { RECORD_HEADER_BYTES } from './record.layout.ts'
import { encodeRecordHeader, type RecordHeader } from './record.ts'
import { SEGMENT_HEADER_BYTES } from './segment.layout.ts'
import { encodeSegmentHeader, type SegmentHeader, type SegmentId, segmentSeed } from './segment.ts'

/** A record that is to be written: its payload is a view of the ring, which keeps its room until the record is safe. */
export interface PendingRecord {
  readonly header: Omit<RecordHeader, 'durable' | 'writtenMs'>
  readonly payload: Uint8Array
}

export const recordBytes = ({ payload }: PendingRecord): number => RECORD_HEADER_BYTES + payload.length

/** The segment that is being written. After a failure it is of no use any more: nobody knows what the medium holds. */
export class SegmentFile {
  readonly id: SegmentId
  readonly path: string
  readonly #file: DiskFile
  readonly #seed: number
  readonly #header: SegmentHeader
  readonly #checksum: Checksum
  #offset = SEGMENT_HEADER_BYTES
  #writes = 0
  #isClaimed = false

  constructor(file: DiskFile, id: SegmentId, header: SegmentHeader, checksum: Checksum) {
    this.id = id
    this.path = file.path
    this.#file = file
    this.#seed = segmentSeed(id)
    this.#header = header
    this.#checksum = checksum
  }

  /** Nothing but the last write has been made. */
  get isNew(): boolean {
    return this.#writes === 1
  }

  get restBytes(): number {
    return this.#header.segmentBytes - this.#offset
  }

  /** Writes the records and makes them safe. `durable` = what is safe already. */
  write(records: readonly PendingRecord[], durable: number, writtenMs: number): void {
    const headers = new Uint8Array(RECORD_HEADER_BYTES * records.length)
    const parts = records.flatMap(({ header, payload }, index) => {
      const at = index * RECORD_HEADER_BYTES
      const target = headers.subarray(at, at + RECORD_HEADER_BYTES)
      encodeRecordHeader(target, { ...header, durable, writtenMs }, payload, this.#seed, this.#checksum)
      return [target, payload]
    })
    this.#file.write(parts, this.#offset)
    this.#file.sync()
    this.#offset += records.reduce((sum, record) => sum + recordBytes(record), 0)
    this.#writes++
    if (!this.#isClaimed) this.claim()
  }

  close(): void {
    this.#file.close()
  }

  /** The header, once the first records are safe: it voids what older segments hold of the same numbers. */
  claim(): void {
    this.#file.write([encodeSegmentHeader(this.id, this.#header)], 0)
    this.#file.sync()
    this.#isClaimed = true
  }
}
