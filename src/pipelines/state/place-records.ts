import { growList } from './grow-list.ts'
import type { SlotHome } from './key-slots.ts'

/*
 *   register  u32 records · room · places ever given out · first free number · stamps · room
 *   record    u32 low · high · text · number that came next the last time, or VACANT; then text is the next free number
 *   stamp     of a group of places: the transaction that used it last (not logged, like the number that came next)
 */
const RECORDS = 0
const GIVEN_OUT = 2
const FREE = 3
const STAMPS = 4
const REGISTER_WORDS = 6
export const HIGH = 1
export const TEXT = 2
export const NEXT = 3
export const RECORD_WORDS = 4
const VACANT = 0xffff_ffff

/** Keys of so many places give way together, being used by a transaction when one of them is. */
export const GROUP_SHIFT = 5
export const GROUP_PLACES = 1 << GROUP_SHIFT

/** What is kept by place, and which places are free. Numbers are places plus one; 0 is none. */
export class PlaceRecords {
  readonly #home: SlotHome
  readonly #u32: Uint32Array
  readonly #at: number
  readonly #allocate: (words: number) => number

  /** The word at `at` has the register's address. */
  constructor(home: SlotHome, at: number, allocate: (words: number) => number) {
    this.#home = home
    this.#u32 = home.u32
    this.#at = at
    this.#allocate = allocate
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

  at(place: number): number {
    return this.records + place * RECORD_WORDS
  }

  /** Places of the group that are keys'. */
  placesOf(group: number): number[] {
    const places: number[] = []
    const first = group << GROUP_SHIFT
    const until = Math.min(this.places, first + GROUP_PLACES)
    for (let place = first; place < until; place++)
      if (this.#u32[this.at(place) + NEXT] !== VACANT) places.push(place)
    return places
  }

  /** A number that is no key's, until `put`; 0 = no room. */
  take(): number {
    return this.#takeFree() || this.#takeNew()
  }

  put(number: number, low: number, high: number, text: number): void {
    const record = this.at(number - 1)
    this.#home.save(record, RECORD_WORDS)
    this.#u32[record] = low
    this.#u32[record + HIGH] = high
    this.#u32[record + TEXT] = text
    this.#u32[record + NEXT] = 0
  }

  giveBack(number: number): void {
    const record = this.at(number - 1)
    this.#home.save(record, RECORD_WORDS)
    this.#u32[record + TEXT] = this.#u32[this.#register + FREE]
    this.#u32[record + NEXT] = VACANT
    this.#home.put(this.#register + FREE, number)
  }

  get #register(): number {
    return this.#u32[this.#at]
  }

  #takeFree(): number {
    const register = this.#register
    const number = register === 0 ? 0 : this.#u32[register + FREE]
    if (number !== 0) this.#home.put(register + FREE, this.#u32[this.at(number - 1) + TEXT])
    return number
  }

  #takeNew(): number {
    const register = this.#register || this.#addRegister()
    if (register === 0) return 0
    const place = this.#u32[register + GIVEN_OUT]
    if (!growList(this.#home, register + RECORDS, place, RECORD_WORDS, this.#allocate)) return 0
    if (!growList(this.#home, register + STAMPS, place >>> GROUP_SHIFT, 1, this.#allocate)) return 0
    this.#u32[this.at(place) + NEXT] = VACANT
    this.#home.put(register + GIVEN_OUT, place + 1)
    return place + 1
  }

  #addRegister(): number {
    const register = this.#allocate(REGISTER_WORDS)
    if (register !== 0) this.#home.put(this.#at, register)
    return register
  }
}

export function isKey(u32: Uint32Array, record: number, low: number, high: number): boolean {
  return u32[record] === low && u32[record + HIGH] === high && u32[record + NEXT] !== VACANT
}
