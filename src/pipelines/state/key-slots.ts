import { hashOf } from './key-table.ts'

/** Where the slots lie. */
export interface SlotHome {
  readonly u32: Uint32Array
  save(address: number, words: number): void
  put(address: number, value: number): void
  allocate(words: number): number
  release(address: number, words: number): void
}

/** A slot: the key's low and high word, its number (0 = the slot is free). */
export const SLOT_HIGH = 1
export const SLOT_NUMBER = 2
export const SLOT_WORDS = 3

const FIRST_SLOTS = 16

/**
 * Numbers of keys: open addressing with linear probing, removal by moving back (Knuth, TAOCP vol. 3, 6.4, algorithm R). The
 * key is in the slot, so that nothing else is touched to find one.
 */
export class KeySlots {
  readonly #home: SlotHome
  readonly #u32: Uint32Array
  readonly #at: number

  /** Its address and mask are the two words at `at`. */
  constructor(home: SlotHome, at: number) {
    this.#home = home
    this.#u32 = home.u32
    this.#at = at
  }

  /** Address of the first slot; 0 = there are none. */
  get first(): number {
    return this.#u32[this.#at]
  }

  get mask(): number {
    return this.#u32[this.#at + 1]
  }

  get count(): number {
    return this.first === 0 ? 0 : this.mask + 1
  }

  /** Address of the key's slot, or 0. */
  find(low: number, high: number): number {
    const u32 = this.#u32
    const { first, mask } = this
    if (first === 0) return 0
    for (let slot = hashOf(low, high) & mask; ; slot = (slot + 1) & mask) {
      const at = first + slot * SLOT_WORDS
      if (u32[at + SLOT_NUMBER] === 0) return 0
      if (u32[at] === low && u32[at + SLOT_HIGH] === high) return at
    }
  }

  /** There is a free slot, and the key has none. */
  add(low: number, high: number, number: number): void {
    const u32 = this.#u32
    const at = this.#freeFor(this.first, this.mask, hashOf(low, high))
    this.#home.save(at, SLOT_WORDS)
    u32[at] = low
    u32[at + SLOT_HIGH] = high
    u32[at + SLOT_NUMBER] = number
  }

  remove(at: number): void {
    const u32 = this.#u32
    const { first, mask } = this
    let hole = (at - first) / SLOT_WORDS
    for (let slot = (hole + 1) & mask; ; slot = (slot + 1) & mask) {
      const next = first + slot * SLOT_WORDS
      if (u32[next + SLOT_NUMBER] === 0) break
      const home = hashOf(u32[next], u32[next + SLOT_HIGH])
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      this.#move(next, first + hole * SLOT_WORDS)
      hole = slot
    }
    this.#home.put(first + hole * SLOT_WORDS + SLOT_NUMBER, 0)
  }

  /** Twice as many; false = no room. */
  grow(): boolean {
    const u32 = this.#u32
    const { first, count } = this
    const larger = Math.max(FIRST_SLOTS, 2 * count)
    const room = this.#home.allocate(larger * SLOT_WORDS)
    if (room === 0) return false
    for (let from = first; from < first + count * SLOT_WORDS; from += SLOT_WORDS) {
      if (u32[from + SLOT_NUMBER] === 0) continue
      const at = this.#freeFor(room, larger - 1, hashOf(u32[from], u32[from + SLOT_HIGH]))
      for (let k = 0; k < SLOT_WORDS; k++) u32[at + k] = u32[from + k]
    }
    this.#home.put(this.#at, room)
    this.#home.put(this.#at + 1, larger - 1)
    if (first !== 0) this.#home.release(first, count * SLOT_WORDS)
    return true
  }

  #freeFor(first: number, mask: number, hash: number): number {
    let slot = hash & mask
    while (this.#u32[first + slot * SLOT_WORDS + SLOT_NUMBER] !== 0) slot = (slot + 1) & mask
    return first + slot * SLOT_WORDS
  }

  #move(from: number, to: number): void {
    this.#home.save(to, SLOT_WORDS)
    for (let k = 0; k < SLOT_WORDS; k++) this.#u32[to + k] = this.#u32[from + k]
  }
}
