/**
 * Numbers of names as they come in bytes: a name that was resolved before needs no string, and costs one line of the
 * processor's cache. An entry is 64 bytes: number (f64), hash, length, then the name's bytes. The table grows with the
 * names up to a bound; beyond it names give way to later ones. Longer names are not kept.
 */
const ENTRY = 64
const HASH = 8
const LENGTH = 12
const NAME = 13
const LONGEST = ENTRY - NAME
const FIRST_ENTRIES = 2 ** 10
const MOST_ENTRIES = 2 ** 19
/** A name is at one of so many places. */
const WAYS = 4

export class NameTable {
  #bytes = new Uint8Array(0)
  #i32 = new Int32Array(0)
  #f64 = new Float64Array(0)
  #mask = 0
  /** Names kept since it grew. */
  #kept = 0

  constructor() {
    this.#resize(FIRST_ENTRIES)
  }

  /** The number of the name in `bytes` from … until − 1; 0 = not kept here. `hash` is of these bytes. */
  find(bytes: Uint8Array, from: number, until: number, hash: number): number {
    const home = Math.imul(hash, 0x9e3779b1) >>> 8
    for (let way = 0; way < WAYS; way++) {
      const at = ((home + way) & this.#mask) * ENTRY
      if (this.#i32[(at + HASH) >>> 2] === hash && this.#isAt(at, bytes, from, until))
        return this.#f64[at >>> 3]
    }
    return 0
  }

  /** Keeps the number, not 0, of a name that `find` has not found. */
  keep(bytes: Uint8Array, from: number, until: number, hash: number, number: number): void {
    if (until - from > LONGEST) return
    if (2 * this.#kept > this.#mask && this.#mask + 1 < MOST_ENTRIES) this.#resize(2 * (this.#mask + 1))
    const at = this.#placeFor(hash) * ENTRY
    this.#kept++
    this.#f64[at >>> 3] = number
    this.#i32[(at + HASH) >>> 2] = hash
    this.#bytes[at + LENGTH] = until - from
    this.#bytes.set(bytes.subarray(from, until), at + NAME)
  }

  clear(): void {
    this.#bytes.fill(0)
    this.#kept = 0
  }

  /** A place that is free, else one of those where the name may be. */
  #placeFor(hash: number): number {
    const home = Math.imul(hash, 0x9e3779b1) >>> 8
    for (let way = 0; way < WAYS; way++) {
      const place = (home + way) & this.#mask
      if (this.#bytes[place * ENTRY + LENGTH] === 0) return place
    }
    return (home + (this.#kept % WAYS)) & this.#mask
  }

  #isAt(at: number, bytes: Uint8Array, from: number, until: number): boolean {
    const own = this.#bytes
    const length = until - from
    if (own[at + LENGTH] !== length) return false
    for (let i = 0; i < length; i++) if (own[at + NAME + i] !== bytes[from + i]) return false
    return true
  }

  /** All are forgotten: they come again. */
  #resize(entries: number): void {
    this.#bytes = new Uint8Array(entries * ENTRY)
    this.#i32 = new Int32Array(this.#bytes.buffer)
    this.#f64 = new Float64Array(this.#bytes.buffer)
    this.#mask = entries - 1
    this.#kept = 0
  }
}

/** Of bytes that are ASCII. */
export function textOf(bytes: Uint8Array, from: number, until: number): string {
  return String.fromCharCode.apply(null, bytes.subarray(from, until) as unknown as number[])
}
