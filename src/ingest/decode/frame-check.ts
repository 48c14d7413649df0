/**
 * Verifies a FlatBuffers `Frame` where it lies (FlatBuffers' JavaScript runtime has no verifier): every offset and
 * length is checked against the message's end before anything is read through it. Plain loads, no object per frame:
 * what was found is in `seq`, `readingOffset` and `readingCount` until the next check. Fields this version doesn't
 * know are ignored, so the schema may grow.
 */
const ROOT_BYTES = 8
const IDENTIFIER = 0x3146524d // 'MRF1', little endian
const MIN_BYTES = 16
const READING_SHIFT = 5
const SEQ_ENTRY = 4
const READINGS_ENTRY = 6

export class FrameCheck {
  seq = 0
  /** From the message's start; a multiple of 4, at least 8. */
  readingOffset = ROOT_BYTES
  readingCount = 0
  readonly #bytes: Uint8Array
  readonly #i32: Int32Array
  #address = 0
  #length = 0
  #table = 0
  #tableBytes = 0

  /** Two views of one buffer. */
  constructor(bytes: Uint8Array, i32: Int32Array) {
    this.#bytes = bytes
    this.#i32 = i32
  }

  /** Checks the message of `length` bytes at `address` (a multiple of 8); returns what is wrong, or ''. */
  check(address: number, length: number): string {
    this.#address = address
    this.#length = length
    this.seq = 0
    this.readingCount = 0
    this.readingOffset = ROOT_BYTES
    if (length < MIN_BYTES) return `${length} bytes are too few for a frame (${MIN_BYTES})`
    if (this.#i32[(address + 4) >>> 2] !== IDENTIFIER) return 'the file identifier is not MRF1'
    return this.#checkTable(this.#word(0))
  }

  #checkTable(table: number): string {
    if ((table & 3) !== 0) return 'the root offset is not a multiple of 4'
    if (table < ROOT_BYTES || table > this.#length - 4) return 'the root offset is outside the message'
    const vtable = table - (this.#word(table) | 0)
    if ((vtable & 1) !== 0) return 'the vtable is not at a multiple of 2'
    if (vtable < 4 || vtable > this.#length - 4) return 'the vtable is outside the message'
    const vtableBytes = this.#half(vtable)
    if (vtableBytes < 4 || (vtableBytes & 1) !== 0) return 'the size of the vtable is wrong'
    if (vtable + vtableBytes > this.#length) return 'the vtable ends beyond the message'
    this.#table = table
    this.#tableBytes = this.#half(vtable + 2)
    if (this.#tableBytes < 4) return 'the size of the table is wrong'
    if (table + this.#tableBytes > this.#length) return 'the table ends beyond the message'
    return this.#checkFields(vtable, vtableBytes)
  }

  #checkFields(vtable: number, vtableBytes: number): string {
    const seq = vtableBytes > SEQ_ENTRY ? this.#half(vtable + SEQ_ENTRY) : 0
    if (seq !== 0) {
      if (!this.#holdsWord(seq)) return 'the field seq is outside its table'
      if ((seq & 3) !== 0) return 'the field seq is not at a multiple of 4'
      this.seq = this.#word(this.#table + seq)
    }
    const readings = vtableBytes > READINGS_ENTRY ? this.#half(vtable + READINGS_ENTRY) : 0
    if (readings === 0) return ''
    if (!this.#holdsWord(readings)) return 'the field readings is outside its table'
    if ((readings & 3) !== 0) return 'the field readings is not at a multiple of 4'
    return this.#checkVector(this.#table + readings)
  }

  #checkVector(field: number): string {
    const vector = field + this.#word(field)
    if ((vector & 3) !== 0) return 'the vector of readings is not at a multiple of 4'
    if (vector <= field || vector > this.#length - 4) return 'the vector of readings is outside the message'
    const count = this.#word(vector)
    if (count > (this.#length - vector - 4) >>> READING_SHIFT) {
      return `the vector says ${count} readings, which end beyond the message`
    }
    this.readingCount = count
    this.readingOffset = vector + 4
    return ''
  }

  #holdsWord(offset: number): boolean {
    return offset >= 4 && offset + 4 <= this.#tableBytes
  }

  /** A word as unsigned; `position` is a multiple of 4 inside the message. */
  #word(position: number): number {
    return this.#i32[(this.#address + position) >>> 2] >>> 0
  }

  #half(position: number): number {
    const at = this.#address + position
    return this.#bytes[at] | (this.#bytes[at + 1] << 8)
  }
}
