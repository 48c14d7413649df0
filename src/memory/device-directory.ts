import { claimWord, observeCursor, publishCursor } from './atomics.ts'

const SLOT_BYTES = 16
const HEAD_BYTES = 64
const HEAD_MASK = 0
const HEAD_END = 8
/** A row is its length and its text. */
const ROW_HEAD_BYTES = 4
const TWO_32 = 0x1_0000_0000
/** What a device's row may take on average, and how often it may change before there is no room. */
const ROW_BYTES = 256
const SPARE_BYTES = 1 << 20

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/*
 * What the registry knows of devices, for threads that have no registry: rows of text by device id, in shared memory of
 * their own that becomes real as it is used. Head: u32 mask of the table, u32 end of the rows (in 8 bytes). Table: u32 low
 * and u32 high word of the id, u32 place of the row (in 8 bytes; 0 = none). A changed row is written anew, and then
 * its place is published, so that readers find the old one or the new one, whole.
 */

/** The one writer's end. */
export class DeviceDirectoryWriter {
  readonly buffer: SharedArrayBuffer
  readonly #i32: Int32Array
  readonly #bytes: Uint8Array
  readonly #mask: number

  constructor(maxDevices: number) {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(16, maxDevices / 0.7)))
    const rows = maxDevices * ROW_BYTES + SPARE_BYTES
    this.buffer = new SharedArrayBuffer(HEAD_BYTES + slots * SLOT_BYTES + rows)
    this.#i32 = new Int32Array(this.buffer, 0, (HEAD_BYTES + slots * SLOT_BYTES) / 4)
    this.#bytes = new Uint8Array(this.buffer)
    this.#mask = slots - 1
    publishCursor(this.#i32, HEAD_MASK, this.#mask)
    publishCursor(this.#i32, HEAD_END, (HEAD_BYTES + slots * SLOT_BYTES) / 8)
  }

  /** False when there is no room for it: readers then find what they found before. */
  put(id: number, row: string): boolean {
    const text = encoder.encode(row)
    const place = observeCursor(this.#i32, HEAD_END)
    const end = place + Math.ceil((ROW_HEAD_BYTES + text.length) / 8)
    const slot = slotOf(this.#i32, this.#mask, id, true)
    if (end * 8 > this.#bytes.length || slot < 0) return false
    new DataView(this.buffer, place * 8).setUint32(0, text.length, true)
    this.#bytes.set(text, place * 8 + ROW_HEAD_BYTES)
    publishCursor(this.#i32, HEAD_END, end)
    publishCursor(this.#i32, slot + 8, place) // pairs with DeviceDirectoryReader.placeOf
    return true
  }

  remove(id: number): void {
    const slot = slotOf(this.#i32, this.#mask, id, false)
    if (slot >= 0) publishCursor(this.#i32, slot + 8, 0)
  }
}

/** Any thread's end. */
export class DeviceDirectoryReader {
  readonly #i32: Int32Array
  readonly #bytes: Uint8Array
  readonly #mask: number

  constructor(buffer: SharedArrayBuffer) {
    this.#mask = observeCursor(new Int32Array(buffer, 0, HEAD_BYTES / 4), HEAD_MASK)
    this.#i32 = new Int32Array(buffer, 0, (HEAD_BYTES + (this.#mask + 1) * SLOT_BYTES) / 4)
    this.#bytes = new Uint8Array(buffer)
  }

  /** Where the device's row is now, 0 = nowhere; another place means another row. */
  placeOf(id: number): number {
    const slot = slotOf(this.#i32, this.#mask, id, false)
    return slot < 0 ? 0 : observeCursor(this.#i32, slot + 8)
  }

  rowAt(place: number): string {
    const at = place * 8
    const length = new DataView(this.#bytes.buffer, at).getUint32(0, true)
    // decoders don't take shared memory
    return decoder.decode(this.#bytes.slice(at + ROW_HEAD_BYTES, at + ROW_HEAD_BYTES + length))
  }
}

/** Byte address of the id's slot; with `take` a free one is taken. −1 = there is none. */
function slotOf(i32: Int32Array, mask: number, id: number, take: boolean): number {
  const [low, high] = [(id % TWO_32) | 0, Math.floor(id / TWO_32)]
  let index = (Math.imul(low ^ Math.imul(high, 0x9e3779b1), 0x85ebca6b) >>> 7) & mask
  for (let probes = 0; probes <= mask; probes++, index = (index + 1) & mask) {
    const slot = HEAD_BYTES + index * SLOT_BYTES
    // the high word is stored with one bit more, so that a taken slot is never 0; it is written last
    const found = observeCursor(i32, slot + 4)
    if (found === 0) {
      if (!take) return -1
      publishCursor(i32, slot, low)
      claimWord(i32, slot + 4, 0, high | 0x10000)
      return slot
    }
    if (found === (high | 0x10000) && i32[slot >>> 2] === low) return slot
  }
  return -1
}
