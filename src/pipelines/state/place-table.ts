import { KeySlots, SLOT_HIGH, SLOT_NUMBER, SLOT_WORDS, type SlotHome } from './key-slots.ts'
import { CANDIDATES, hashOf, type Keys } from './key-table.ts'
import {
  GROUP_PLACES,
  GROUP_SHIFT,
  HIGH,
  isKey,
  NEXT,
  PlaceRecords,
  RECORD_WORDS,
  TEXT,
} from './place-records.ts'
import * as L from './state.layout.ts'
import type { TextBlobs } from './text-blobs.ts'

/** The part of a state that a table is in. */
export interface PlaceHome extends SlotHome {
  readonly texts: TextBlobs
  readonly epoch: number
  add(address: number, amount: number): void
  allocateFor(table: PlaceTable, words: number): number
  makeRoom(table: PlaceTable, attempt: () => number): number
}

/** The table's last own word has the register of its places. */
const REGISTER = L.TABLE_WORDS - 1

/** A guess that is wrong more often than right is not made for so many slices. */
const PAUSE = 3

/**
 * The keys of one stage in one shard, each with a place: a number from 0 on, without great gaps, that columns are told by.
 * Numbers are places plus one; 0 is none.
 */
export class PlaceTable {
  /** Address of the words that are kept with the table for its owner (9 of them, zero at first). */
  readonly own: number
  readonly #home: PlaceHome
  readonly #u32: Uint32Array
  readonly #at: number
  readonly #slots: KeySlots
  readonly #forget: (place: number) => void
  readonly #records: PlaceRecords
  #pause = 0

  /** `forget`: the key there goes. */
  constructor(home: PlaceHome, index: number, forget: (place: number) => void) {
    this.#home = home
    this.#u32 = home.u32
    this.#at = L.PART_TABLES + index * L.TABLE_WORDS
    this.own = this.#at + L.TABLE_OWN
    this.#slots = new KeySlots(home, this.#at + L.TABLE_SLOTS)
    this.#records = new PlaceRecords(home, this.#at + REGISTER, (words) => this.allocate(words))
    this.#forget = forget
  }

  get keys(): number {
    return this.#u32[this.#at + L.TABLE_KEYS]
  }

  /** Keys removed since the beginning; while it stands still, every place seen before is still its key's. */
  get removed(): number {
    return this.#u32[this.#at + L.TABLE_REMOVED]
  }

  /** One more than any place in use. */
  get places(): number {
    return this.#records.places
  }

  /**
   * Numbers of the first `count` keys that `wanted` lists, made where there are none; 0 for want of room (which is counted).
   * Fleets send in about the same order again and again, so the key that came behind this one the last time is looked at first:
   * it lies near, slots lie anywhere.
   */
  findAll({ keyLow, keyHigh, keyText }: Keys, wanted: Int32Array, count: number, numbers: Int32Array): void {
    const u32 = this.#u32
    const { epoch } = this.#home
    const guesses = this.#pause === 0
    let { first, mask } = this.#slots
    let { records, stamps, places } = this.#records
    let [last, right] = [0, 0]
    for (let n = 0; n < count; n++) {
      const i = wanted[n]
      const low = keyLow[i]
      const high = keyHigh[i]
      const before = records + (last - 1) * RECORD_WORDS
      let number = guesses && last !== 0 ? u32[before + NEXT] : 0
      if (number !== 0 && number <= places && isKey(u32, records + (number - 1) * RECORD_WORDS, low, high)) {
        right++
      } else {
        number = 0
        for (let slot = hashOf(low, high) & mask; first !== 0; slot = (slot + 1) & mask) {
          const at = first + slot * SLOT_WORDS
          number = u32[at + SLOT_NUMBER]
          if (number === 0 || (u32[at] === low && u32[at + SLOT_HIGH] === high)) break
        }
        const isNew = number === 0
        if (isNew) {
          number = this.#add(low, high, keyText[i])
          ;({ first, mask } = this.#slots)
          ;({ records, stamps, places } = this.#records)
        }
        if (last !== 0 && (guesses || isNew)) u32[records + (last - 1) * RECORD_WORDS + NEXT] = number
      }
      numbers[i] = number
      if (number !== 0) u32[stamps + ((number - 1) >>> GROUP_SHIFT)] = epoch
      last = number
    }
    if (!guesses) this.#pause--
    else if (2 * right < count) this.#pause = PAUSE
  }

  /** Whether the key there has that number. */
  isNumberOf(number: number, low: number, high: number): boolean {
    const slot = this.#slots.find(low, high)
    return slot !== 0 && this.#u32[slot + SLOT_NUMBER] === number
  }

  /** Address of the key there: its low and its high word. */
  keyAt(place: number): number {
    return this.#records.at(place)
  }

  textAt(place: number): string | undefined {
    const blob = this.#u32[this.keyAt(place) + TEXT]
    return blob === 0 ? undefined : this.#home.texts.read(blob)
  }

  /** Room for what belongs to keys: others' give way, not those that the open transaction has used; 0 = none. */
  allocate(words: number): number {
    return this.#home.allocateFor(this, words)
  }

  remove(place: number): void {
    this.#forget(place)
    const record = this.keyAt(place)
    this.#slots.remove(this.#slots.find(this.#u32[record], this.#u32[record + HIGH]))
    if (this.#u32[record + TEXT] !== 0) this.#home.texts.release(this.#u32[record + TEXT])
    this.#records.giveBack(place + 1)
    this.#home.add(this.#at + L.TABLE_KEYS, -1)
    this.#home.add(this.#at + L.TABLE_REMOVED, 1)
    this.#home.add(L.PART_KEYS, -1)
  }

  /**
   * Of the next groups around the clock's hand the one that was quiet longest: its keys are removed, but for one all of them
   * counted as evicted. False when there is none that the open transaction has not used.
   */
  evict(): boolean {
    const group = this.#quietest()
    const keys = group < 0 ? [] : this.#records.placesOf(group)
    keys.forEach((place, i) => {
      this.remove(place)
      if (i > 0) this.#home.add(L.PART_EVICTED, 1)
    })
    return keys.length > 0
  }

  /** The group that is to give way, or −1. */
  #quietest(): number {
    const u32 = this.#u32
    const groups = (this.places + GROUP_PLACES - 1) >>> GROUP_SHIFT
    let [found, age] = [-1, 0]
    let group = groups === 0 ? 0 : u32[this.#at + L.TABLE_HAND] % groups
    for (let seen = 0, looked = 0; looked < groups && seen < CANDIDATES; looked++) {
      const quiet = (this.#home.epoch - u32[this.#records.stamps + group]) >>> 0
      if (quiet > 0 && this.#records.placesOf(group).length > 0) {
        seen++
        if (quiet > age) [found, age] = [group, quiet]
      }
      group = (group + 1) % groups
    }
    u32[this.#at + L.TABLE_HAND] = group
    return found
  }

  #add(low: number, high: number, text: string | undefined): number {
    if (!this.#hasSlot()) return 0
    const number = this.#records.take()
    if (number === 0) return 0
    const blob = text === undefined ? 0 : this.#home.makeRoom(this, () => this.#home.texts.write(text))
    if (text !== undefined && blob === 0) {
      this.#records.giveBack(number)
      return 0
    }
    this.#records.put(number, low, high, blob)
    this.#slots.add(low, high, number)
    this.#home.add(this.#at + L.TABLE_KEYS, 1)
    this.#home.add(L.PART_KEYS, 1)
    return number
  }

  /** Three quarters of the slots may be taken; beyond them there are to be more, or a key gives way. */
  #hasSlot(): boolean {
    if (this.#hasFreeSlot() || this.#slots.grow()) return true
    return this.#home.makeRoom(this, () => (this.#hasFreeSlot() ? 1 : 0)) !== 0
  }

  #hasFreeSlot(): boolean {
    return 4 * (this.keys + 1) <= 3 * this.#slots.count
  }
}
