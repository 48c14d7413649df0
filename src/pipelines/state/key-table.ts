import type { TextBlobs } from './text-blobs.ts'
import * as L from './state.layout.ts'

/** The part of a state that a table is in. */
export interface TableHome {
  readonly u32: Uint32Array
  readonly texts: TextBlobs
  save(address: number, words: number): void
  add(address: number, amount: number): void
  allocate(words: number): number
  release(address: number, words: number): void
  allocateFor(table: KeyTable, words: number): number
  makeRoom(table: KeyTable, attempt: () => number): number
}

/** What a table's rows are. */
export interface RowShape {
  /** Words of its own per key, from `row + ROW_WORDS` on; zero when the key is new. They begin at an even address. */
  readonly words: number
  /** Whether a key may give way to others when the part is full. */
  readonly isEvictable: boolean
  /** Sets what is not zero in a new row. */
  readonly init?: (row: number) => void
  /** Releases what the row refers to: it is about to go. */
  readonly dispose?: (row: number) => void
}

/** Rows' keys, as columns. */
export interface Keys {
  readonly count: number
  readonly keyLow: Uint32Array
  readonly keyHigh: Uint32Array
  readonly keyText: readonly (string | undefined)[]
}

const FIRST_SLOTS = 16

/**
 * The keys of one stage in one shard: open addressing with linear probing, removal by moving back (Knuth, TAOCP vol. 3,
 * 6.4, algorithm R), so that there are no tombstones. A row stays where it is until it is removed. What changes slots is
 * logged; who changes a row's own words saves them first (`state.save`).
 */
export class KeyTable {
  /** Whether the last findOrAdd has made its row. */
  added = false
  /** Address of the words that are kept with the table for its owner (10 of them, zero at first). */
  readonly own: number
  readonly shape: RowShape
  readonly #state: TableHome
  readonly #u32: Uint32Array
  readonly #at: number

  constructor(state: TableHome, index: number, shape: RowShape) {
    this.#state = state
    this.#u32 = state.u32
    this.#at = L.PART_TABLES + index * L.TABLE_WORDS
    this.own = this.#at + L.TABLE_OWN
    this.shape = shape
  }

  get keys(): number {
    return this.#u32[this.#at + L.TABLE_KEYS]
  }

  /** Rows removed since the beginning; while it stands still, every row seen before is still there. */
  get removed(): number {
    return this.#u32[this.#at + L.TABLE_REMOVED]
  }

  /** The key's row, or 0. */
  find(low: number, high: number): number {
    const u32 = this.#u32
    const slots = u32[this.#at + L.TABLE_SLOTS]
    if (slots === 0) return 0
    const mask = u32[this.#at + L.TABLE_MASK]
    const hash = hashOf(low, high)
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const at = slots + slot * L.SLOT_WORDS
      const row = u32[at + 1]
      if (row === 0) return 0
      if (u32[at] === hash && u32[row] === low && u32[row + 1] === high) return row
    }
  }

  /** The key's row, made when it isn't there; 0 when it was refused for want of room (which is counted). */
  findOrAdd(low: number, high: number, text: string | undefined): number {
    const row = this.find(low, high)
    this.added = row === 0
    if (row === 0) return this.#add(low, high, text)
    this.#u32[row + L.ROW_STAMP] = this.#u32[L.PART_EPOCH]
    return row
  }

  /** findOrAdd for the first `count` keys that `wanted` lists. */
  findAll({ keyLow, keyHigh, keyText }: Keys, wanted: Int32Array, count: number, rows: Int32Array): void {
    const u32 = this.#u32
    const epoch = u32[L.PART_EPOCH]
    let slots = u32[this.#at + L.TABLE_SLOTS]
    let mask = u32[this.#at + L.TABLE_MASK]
    for (let n = 0; n < count; n++) {
      const i = wanted[n]
      const low = keyLow[i]
      const high = keyHigh[i]
      const hash = hashOf(low, high)
      let row = 0
      for (let slot = hash & mask; slots !== 0; slot = (slot + 1) & mask) {
        const at = slots + slot * L.SLOT_WORDS
        row = u32[at + 1]
        if (row === 0 || (u32[at] === hash && u32[row] === low && u32[row + 1] === high)) break
      }
      if (row === 0) {
        row = this.findOrAdd(low, high, keyText[i])
        slots = u32[this.#at + L.TABLE_SLOTS]
        mask = u32[this.#at + L.TABLE_MASK]
      } else u32[row + L.ROW_STAMP] = epoch
      rows[i] = row
    }
  }

  /**
   * For the first `count` keys what is probably their rows (0 = there is none): who goes on with one compares its key. Rows
   * themselves are not looked at, so that the waits for memory overlap.
   */
  candidates({ keyLow, keyHigh }: Pick<Keys, 'keyLow' | 'keyHigh'>, count: number, rows: Int32Array): void {
    const u32 = this.#u32
    const slots = u32[this.#at + L.TABLE_SLOTS]
    const mask = u32[this.#at + L.TABLE_MASK]
    if (slots === 0) return void rows.fill(0, 0, count)
    for (let i = 0; i < count; i++) {
      const hash = hashOf(keyLow[i], keyHigh[i])
      let at = slots + (hash & mask) * L.SLOT_WORDS
      for (let slot = hash & mask; u32[at + 1] !== 0 && u32[at] !== hash;) {
        slot = (slot + 1) & mask
        at = slots + slot * L.SLOT_WORDS
      }
      rows[i] = u32[at + 1]
    }
  }

  /** Room for what a row refers to: others' keys give way, not those that the open transaction has used; 0 = none. */
  allocate(words: number): number {
    return this.#state.allocateFor(this, words)
  }

  textOf(row: number): string | undefined {
    const blob = this.#u32[row + L.ROW_TEXT]
    return blob === 0 ? undefined : this.#state.texts.read(blob)
  }

  /** Whether the key of what was a row is still kept at that address. */
  isRow(row: number): boolean {
    return this.find(this.#u32[row + L.ROW_LOW], this.#u32[row + L.ROW_HIGH]) === row
  }

  remove(row: number): void {
    this.shape.dispose?.(row)
    this.#unlink(row)
    const text = this.#u32[row + L.ROW_TEXT]
    if (text !== 0) this.#state.texts.release(text)
    this.#state.release(row, L.ROW_WORDS + this.shape.words)
    this.#count(L.TABLE_KEYS, -1)
    this.#count(L.TABLE_REMOVED, 1)
    if (this.shape.isEvictable) this.#state.add(L.PART_KEYS, -1)
  }

  /** Rows in the order of their slots, which is none; the table must not change meanwhile. */
  *rows(): Generator<number> {
    const slots = this.#u32[this.#at + L.TABLE_SLOTS]
    if (slots === 0) return
    const end = slots + (this.#u32[this.#at + L.TABLE_MASK] + 1) * L.SLOT_WORDS
    for (let at = slots; at < end; at += L.SLOT_WORDS) if (this.#u32[at + 1] !== 0) yield this.#u32[at + 1]
  }

  /**
   * Of the next keys around the clock's hand the one that was quiet longest, removed; false when there is none that the
   * open transaction has not used.
   */
  evict(): boolean {
    const u32 = this.#u32
    const slots = u32[this.#at + L.TABLE_SLOTS]
    if (slots === 0 || !this.shape.isEvictable) return false
    const mask = u32[this.#at + L.TABLE_MASK]
    let oldest = 0
    let age = 0
    let slot = u32[this.#at + L.TABLE_HAND] & mask
    for (let seen = 0, looked = 0; looked <= mask && seen < CANDIDATES; looked++, slot = (slot + 1) & mask) {
      const row = u32[slots + slot * L.SLOT_WORDS + 1]
      if (row === 0) continue
      seen += u32[L.PART_EPOCH] === u32[row + L.ROW_STAMP] ? 0 : 1
      const quiet = (u32[L.PART_EPOCH] - u32[row + L.ROW_STAMP]) >>> 0
      if (quiet <= age) continue
      age = quiet
      oldest = row
    }
    u32[this.#at + L.TABLE_HAND] = slot
    if (oldest === 0) return false
    this.remove(oldest)
    return true
  }

  #count(word: number, by: number): void {
    this.#state.add(this.#at + word, by)
  }

  #add(low: number, high: number, text: string | undefined): number {
    if (!this.#hasSlot()) return 0
    const row = this.allocate(L.ROW_WORDS + this.shape.words)
    if (row === 0) return 0
    this.#u32[row + L.ROW_STAMP] = this.#u32[L.PART_EPOCH]
    if (text !== undefined && !this.#keepText(row, text)) return 0
    this.#u32[row + L.ROW_LOW] = low
    this.#u32[row + L.ROW_HIGH] = high
    this.#link(row, hashOf(low, high))
    this.shape.init?.(row)
    this.#count(L.TABLE_KEYS, 1)
    if (this.shape.isEvictable) this.#state.add(L.PART_KEYS, 1)
    return row
  }

  #keepText(row: number, text: string): boolean {
    const blob = this.#state.makeRoom(this, () => this.#state.texts.write(text))
    if (blob === 0) this.#state.release(row, L.ROW_WORDS + this.shape.words)
    else this.#u32[row + L.ROW_TEXT] = blob
    return blob !== 0
  }

  #link(row: number, hash: number): void {
    const u32 = this.#u32
    const slots = u32[this.#at + L.TABLE_SLOTS]
    const mask = u32[this.#at + L.TABLE_MASK]
    let slot = hash & mask
    while (u32[slots + slot * L.SLOT_WORDS + 1] !== 0) slot = (slot + 1) & mask
    const at = slots + slot * L.SLOT_WORDS
    this.#state.save(at, L.SLOT_WORDS)
    u32[at] = hash
    u32[at + 1] = row
  }

  /** Three quarters of the slots may be taken; beyond them the table doubles, or a key gives way. */
  #hasSlot(): boolean {
    const { keys } = this
    const slots = this.#u32[this.#at + L.TABLE_SLOTS]
    const count = slots === 0 ? 0 : this.#u32[this.#at + L.TABLE_MASK] + 1
    if (4 * (keys + 1) <= 3 * count) return true
    if (this.#grow(slots, count)) return true
    return this.#state.makeRoom(this, () => (4 * this.keys < 3 * count ? 1 : 0)) !== 0
  }

  #grow(slots: number, count: number): boolean {
    const larger = Math.max(FIRST_SLOTS, 2 * count)
    const room = this.#state.allocate(larger * L.SLOT_WORDS)
    if (room === 0) return false
    const u32 = this.#u32
    for (let at = slots; at < slots + count * L.SLOT_WORDS; at += L.SLOT_WORDS) {
      if (u32[at + 1] === 0) continue
      let slot = u32[at] & (larger - 1)
      while (u32[room + slot * L.SLOT_WORDS + 1] !== 0) slot = (slot + 1) & (larger - 1)
      u32[room + slot * L.SLOT_WORDS] = u32[at]
      u32[room + slot * L.SLOT_WORDS + 1] = u32[at + 1]
    }
    this.#state.save(this.#at, 2)
    u32[this.#at + L.TABLE_SLOTS] = room
    u32[this.#at + L.TABLE_MASK] = larger - 1
    if (slots !== 0) this.#state.release(slots, count * L.SLOT_WORDS)
    return true
  }

  #unlink(row: number): void {
    const u32 = this.#u32
    const slots = u32[this.#at + L.TABLE_SLOTS]
    const mask = u32[this.#at + L.TABLE_MASK]
    let hole = hashOf(u32[row], u32[row + 1]) & mask
    while (u32[slots + hole * L.SLOT_WORDS + 1] !== row) hole = (hole + 1) & mask
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const at = slots + slot * L.SLOT_WORDS
      if (u32[at + 1] === 0) break
      if (((slot - u32[at]) & mask) < ((slot - hole) & mask)) continue
      this.#moveSlot(slots + hole * L.SLOT_WORDS, u32[at], u32[at + 1])
      hole = slot
    }
    this.#moveSlot(slots + hole * L.SLOT_WORDS, 0, 0)
  }

  #moveSlot(at: number, hash: number, row: number): void {
    this.#state.save(at, L.SLOT_WORDS)
    this.#u32[at] = hash
    this.#u32[at + 1] = row
  }
}

/** Keys that are compared before one gives way: near enough to the one quiet longest. */
export const CANDIDATES = 16

/** The finalizer of MurmurHash3 (Appleby) over both words. */
export function hashOf(low: number, high: number): number {
  let hash = low ^ Math.imul(high, 0x9e3779b1)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
