import type { DiskFile } from '../../core/disk.ts'
import type { ReadRoom } from './checksum.ts'

/** What is read at once. */
const PIECE_BYTES = 1 << 20

/** A file, seen through a window that moves forward: its memory stays the same however long the file is. */
export class ReadWindow {
  readonly fileBytes: number
  readonly #file: DiskFile
  readonly #room: ReadRoom
  #bytes: Uint8Array
  #view: DataView
  #start = 0
  #end = 0

  constructor(file: DiskFile, room: ReadRoom) {
    this.#file = file
    this.#room = room
    this.fileBytes = file.bytes()
    this.#bytes = room.take(PIECE_BYTES)
    this.#view = viewOf(this.#bytes)
  }

  /** Makes bytes `offset` … `offset + length` visible; false when the file ends before. */
  show(offset: number, length: number): boolean {
    if (offset >= this.#start && offset + length <= this.#end) return true
    if (offset + length > this.fileBytes) return false
    this.#keepFrom(offset, Math.max(length, this.#bytes.length))
    this.#end += this.#file.read(this.#bytes.subarray(this.#end - this.#start), this.#end)
    return offset + length <= this.#end
  }

  /** What `show` has made visible; valid until its next call. */
  bytes(offset: number, length: number): Uint8Array {
    return this.#bytes.subarray(offset - this.#start, offset - this.#start + length)
  }

  /** All that is visible from `offset` on. */
  bytesFrom(offset: number): Uint8Array {
    return this.#bytes.subarray(offset - this.#start, this.#end - this.#start)
  }

  /** For fields of what is visible: at `offset - windowStart` of the view. */
  get view(): DataView {
    return this.#view
  }

  get windowStart(): number {
    return this.#start
  }

  /** Moves the window's start to `offset`; what it shows of the bytes from there on needn't be read again. */
  #keepFrom(offset: number, capacity: number): void {
    if (capacity !== this.#bytes.length) {
      this.#bytes = this.#room.take(capacity)
      this.#view = viewOf(this.#bytes)
    }
    const isWithin = offset >= this.#start && offset < this.#end
    const kept = isWithin ? Math.min(this.#end - offset, capacity) : 0
    if (kept > 0) this.#bytes.copyWithin(0, offset - this.#start, offset - this.#start + kept)
    this.#start = offset
    this.#end = offset + kept
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
