import { growList } from './grow-list.ts'
import { KeySlots, SLOT_HIGH, SLOT_NUMBER, SLOT_WORDS, type SlotHome } from './key-slots.ts'
import { CANDIDATES, hashOf, type Keys } from './key-table.ts'
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

/** Keys of so many places give way together, being used by a transaction when one of them is. */
export const GROUP_SHIFT = 5
const GROUP_PLACES = 1 << GROUP_SHIFT

/*
 *   table's last own word: its register
 *   register: u32 records · room · places ever given out · first free number · stamps · room
 *   record of a place: u32 low · high · text · number that came next the last time, or VACANT; then text is the next free number
 *   stamp of a group: the transaction that used it last (like the number that came next it is not logged)
 */
const REGISTER = L.TABLE_WORDS - 1
const RECORDS = 0
const GIVEN_OUT = 2
const FREE = 3
const STAMPS = 4
const REGISTER_WORDS = 6
const HIGH = 1
const TEXT = 2
const NEXT = 3
const RECORD_WORDS = 4
const VACANT = 0xffff_ffff

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
  readonly #allocate = (words: number): number => this.allocate(words)
  #pause = 0

  /** `forget`: the key there goes. */
  constructor(home: PlaceHome, index: number, forget: (place: number) => void) {
    this.#home = home
    this.#u32 = home.u32
    this.#at = L.PART_TABLES + index * L.TABLE_WORDS
    this.own = this.#at + L.TABLE_OWN
    this.#slots = new KeySlots(home, this.#at + L.TABLE_SLOTS)
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
    const register = this.#register
    return register === 0 ? 0 : this.#u32[register + GIVEN_OUT]
  }

  /** Addresses of the first record, and of the first stamp. */
  get records(): number {
    return this.#u32[this.#register + RECORDS]
  }

  get stamps(): number {
    return this.#u32[this.#register + STAMPS]
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
    let { records, stamps, places } = this
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
          ;({ records, stamps, places } = this)
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
    return this.records + place * RECORD_WORDS
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
    this.#giveBack(place + 1)
    this.#home.add(this.#at + L.TABLE_KEYS, -1)
    this.#home.add(this.#at + L.TABLE_REMOVED, 1)
    this.#home.add(L.PART_KEYS, -1)
  }

  /**
   * Of the next groups around the clock's hand the one that was quiet longest: its keys are removed, but for one all of them
   * counted as evicted. False when there is none that the open transaction has not used.
   */
  evict(): boolean {
    const keys = this.#placesOf(this.#quietest())
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
      const quiet = (this.#home.epoch - u32[this.stamps + group]) >>> 0
      if (quiet > 0 && this.#placesOf(group).length > 0) {
        seen++
        if (quiet > age) [found, age] = [group, quiet]
      }
      group = (group + 1) % groups
    }
    u32[this.#at + L.TABLE_HAND] = group
    return found
  }

  /** Places of the group that are keys'. */
  #placesOf(group: number): number[] {
    const places: number[] = []
    const first = group << GROUP_SHIFT
    if (group < 0) return places
    const until = Math.min(this.places, first + GROUP_PLACES)
    for (let place = first; place < until; place++)
      if (this.#u32[this.keyAt(place) + NEXT] !== VACANT) places.push(place)
    return places
  }

  get #register(): number {
    return this.#u32[this.#at + REGISTER]
  }

  #add(low: number, high: number, text: string | undefined): number {
    if (!this.#hasSlot()) return 0
    const number = this.#takeFree() || this.#takeNew()
    if (number === 0) return 0
    const blob = text === undefined ? 0 : this.#home.makeRoom(this, () => this.#home.texts.write(text))
    if (text !== undefined && blob === 0) {
      this.#giveBack(number)
      return 0
    }
    const record = this.keyAt(number - 1)
    this.#home.save(record, RECORD_WORDS)
    this.#u32[record] = low
    this.#u32[record + HIGH] = high
    this.#u32[record + TEXT] = blob
    this.#u32[record + NEXT] = 0
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

  #takeFree(): number {
    const register = this.#register
    const number = register === 0 ? 0 : this.#u32[register + FREE]
    if (number !== 0) this.#home.put(register + FREE, this.#u32[this.keyAt(number - 1) + TEXT])
    return number
  }

  #takeNew(): number {
    const register = this.#register || this.#addRegister()
    if (register === 0) return 0
    const place = this.#u32[register + GIVEN_OUT]
    if (!growList(this.#home, register + RECORDS, place, RECORD_WORDS, this.#allocate)) return 0
    if (!growList(this.#home, register + STAMPS, place >>> GROUP_SHIFT, 1, this.#allocate)) return 0
    // nobody's, until it has a key
    this.#u32[this.keyAt(place) + NEXT] = VACANT
    this.#home.put(register + GIVEN_OUT, place + 1)
    return place + 1
  }

  #addRegister(): number {
    const register = this.allocate(REGISTER_WORDS)
    if (register !== 0) this.#home.put(this.#at + REGISTER, register)
    return register
  }

  #giveBack(number: number): void {
    const record = this.keyAt(number - 1)
    this.#home.save(record, RECORD_WORDS)
    this.#u32[record + TEXT] = this.#u32[this.#register + FREE]
    this.#u32[record + NEXT] = VACANT
    this.#home.put(this.#register + FREE, number)
  }
}

function isKey(u32: Uint32Array, record: number, low: number, high: number): boolean {
  return u32[record] === low && u32[record + HIGH] === high && u32[record + NEXT] !== VACANT
}
