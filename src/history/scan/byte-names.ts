/**
 * Names where they lie in a file, as numbers 0, 1, 2 … in the order of their first appearance, without a string for each
 * reading: open addressing over a cheap hash of the bytes, and a comparison with the bytes that were kept. It lies where
 * the scanning kernels look names up (asm/scan-names.ts has the same hash); new ones are added here.
 */
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'

const FIRST_SLOTS = 1024
const FIRST_BYTES = 1 << 14
/** FNV-1a, 32 bits. */
const OFFSET = 0x811c9dc5 | 0
const PRIME = 0x01000193

export class ByteNames {
  count = 0
  readonly #desk: ScanDesk
  /** Of the table in the desk, in words. */
  readonly #table: number
  #slots: Int32Array
  #hashes: Int32Array
  #starts: Int32Array
  /** By name: what it stands for. */
  #numbers: Int32Array
  #bytes: Uint8Array

  /** `table`: which one of the desk. */
  constructor(desk: ScanDesk, table: number) {
    this.#desk = desk
    this.#table = table
    this.#slots = desk.words(FIRST_SLOTS).fill(-1)
    this.#hashes = desk.words(FIRST_SLOTS)
    this.#starts = desk.words(FIRST_SLOTS + 1)
    this.#numbers = desk.words(FIRST_SLOTS)
    this.#bytes = desk.bytes(FIRST_BYTES)
    this.#tell()
  }

  /** The number of the name at `from` … `to`; a new name gets the next one. */
  find(bytes: Uint8Array, from: number, to: number): number {
    let hash = OFFSET
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i], PRIME)
    const mask = this.#slots.length - 1
    let slot = (hash ^ (hash >>> 15)) & mask
    for (;;) {
      const name = this.#slots[slot]
      if (name === -1) return this.#add(slot, hash, bytes, from, to)
      if (this.#hashes[name] === hash && this.#isSame(name, bytes, from, to)) return name
      slot = (slot + 1) & mask
    }
  }

  numberOf(name: number): number {
    return this.#numbers[name] & S.NUMBER_MASK
  }

  /** What the name stands for, where that is not itself. */
  stand(name: number, number: number): void {
    this.#numbers[name] = number | (this.#numbers[name] & S.NOT_PLAIN)
  }

  #isSame(name: number, bytes: Uint8Array, from: number, to: number): boolean {
    const start = this.#starts[name]
    if (this.#starts[name + 1] - start !== to - from) return false
    for (let i = from, own = start; i < to; i++, own++) if (bytes[i] !== this.#bytes[own]) return false
    return true
  }

  #add(slot: number, hash: number, bytes: Uint8Array, from: number, to: number): number {
    const name = this.count++
    const start = this.#starts[name]
    const end = start + to - from
    if (end + S.SLACK_BYTES > this.#bytes.length) this.#widenBytes(end + S.SLACK_BYTES)
    this.#bytes.set(bytes.subarray(from, to), start)
    this.#starts[name + 1] = end
    this.#hashes[name] = hash
    this.#numbers[name] = isPlain(bytes, from, to) ? name : name | S.NOT_PLAIN
    this.#slots[slot] = name
    if (this.count * 2 > this.#slots.length) this.#widen()
    this.#tell()
    return name
  }

  #widenBytes(length: number): void {
    const wider = this.#desk.bytes(Math.max(length, 2 * this.#bytes.length))
    wider.set(this.#bytes)
    this.#bytes = wider
  }

  #widen(): void {
    const slots = this.#desk.words(this.#slots.length * 2).fill(-1)
    const mask = slots.length - 1
    for (let name = 0; name < this.count; name++) {
      const hash = this.#hashes[name]
      let slot = (hash ^ (hash >>> 15)) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = name
    }
    this.#slots = slots
    this.#hashes = this.#wider(this.#hashes, slots.length)
    this.#starts = this.#wider(this.#starts, slots.length + 1)
    this.#numbers = this.#wider(this.#numbers, slots.length)
  }

  #wider(words: Int32Array, length: number): Int32Array {
    const wider = this.#desk.words(length)
    wider.set(words)
    return wider
  }

  /** Where everything is now. */
  #tell(): void {
    const { u32 } = this.#desk
    const at = (field: number): number => (this.#table + field) >>> 2
    u32[at(S.TABLE_SLOTS)] = this.#slots.byteOffset
    u32[at(S.TABLE_MASK)] = this.#slots.length - 1
    u32[at(S.TABLE_HASHES)] = this.#hashes.byteOffset
    u32[at(S.TABLE_STARTS)] = this.#starts.byteOffset
    u32[at(S.TABLE_NAMES)] = this.#bytes.byteOffset
    u32[at(S.TABLE_NUMBERS)] = this.#numbers.byteOffset
    u32[at(S.TABLE_COUNT)] = this.count
  }
}

const [SPACE, QUOTE, COMMA, BACKSLASH] = [0x20, 0x22, 0x2c, 0x5c]

/** Whether the name lies in CSV and JSON as it is, without quotes, escapes or blanks before it. */
function isPlain(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] === SPACE) return false
  for (let i = from; i < to; i++) {
    const byte = bytes[i]
    if (byte < SPACE || byte === QUOTE || byte === COMMA || byte === BACKSLASH) return false
  }
  return true
}
