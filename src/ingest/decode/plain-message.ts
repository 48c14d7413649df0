/**
 * Text messages as nearly all senders write them, read straight from their bytes: a reading, an array of readings or
 * `{"seq":…,"readings":[…]}` with nothing wrong in it, names in ASCII without escapes. That is three times as fast as
 * JSON.parse. Whatever is unusual, not to speak of wrong, is left to `JsonMessage`, which has the last word on what JSON is.
 */
import { MAX_NAME_LENGTH, type NameResolver } from '../../core/names.ts'
import { NameTable, textOf } from './name-table.ts'
import { PlainNumber } from './plain-number.ts'

/** Longer arrays are left to others: what a message costs besides its readings no longer matters there. */
export const MOST_READINGS = 1024
const MAX_SEQ = 0xffff_ffff
const NOT_PLAIN = -1

const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
const [SPACE, TAB, LINE_FEED, RETURN] = [0x20, 0x09, 0x0a, 0x0d]
const [MINUS, SMALL_T, SMALL_F] = [0x2d, 0x74, 0x66]
/** FNV-1a, 32 bits (draft-eastlake-fnv). */
const [FNV_OFFSET, FNV_PRIME] = [0x811c9dc5, 0x01000193]

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
const TRUE = bytesOf('true')
const FALSE = bytesOf('false')
const SEQ = bytesOf('seq"')
const READINGS = bytesOf('readings"')
/** Names of members with the quote behind them, in the order of their bits. */
const MEMBERS = ['device', 'metric', 'value', 'time', 'lat', 'lon'].map((name) => bytesOf(`${name}"`))
const [DEVICE, METRIC, VALUE] = [1, 2, 4]
const REQUIRED = DEVICE | METRIC | VALUE

/** Columns of numbers beside each other: of a reading value, time, latitude, longitude; NaN = left out. */
export const NUMBERS = 4
/** Likewise of its two names: where they begin and end, hash, and number, 0 = not known yet. */
const NAMES = 2

export class PlainMessage {
  seq = 0
  count = 0
  readonly numbers = new Float64Array(NUMBERS * MOST_READINGS)
  readonly #names: NameResolver
  /** Of devices and of metrics. */
  readonly #tables = [new NameTable(), new NameTable()]
  #generation = 0
  readonly #number = new PlainNumber()
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #from = new Int32Array(NAMES * MOST_READINGS)
  readonly #until = new Int32Array(NAMES * MOST_READINGS)
  readonly #hash = new Int32Array(NAMES * MOST_READINGS)
  readonly #id = new Float64Array(NAMES * MOST_READINGS)

  constructor(names: NameResolver) {
    this.#names = names
  }

  /** The number of a reading's device, by the admission rule; 0 = not admitted. */
  deviceId(index: number): number {
    const name = NAMES * index
    return this.#id[name] || this.#keep(name, this.#names.deviceId(this.deviceName(index)))
  }

  metricId(index: number): number {
    const name = NAMES * index + 1
    return this.#id[name] || this.#keep(name, this.#names.metricId(this.metricName(index)))
  }

  deviceName(index: number): string {
    return this.#text(NAMES * index)
  }

  metricName(index: number): string {
    return this.#text(NAMES * index + 1)
  }

  /** Whether the message is plain; then what is in it is in the fields until the next call. */
  read(bytes: Uint8Array): boolean {
    this.seq = 0
    this.count = 0
    this.#bytes = bytes
    this.#forgetOld()
    const start = past(bytes, 0)
    const end =
      bytes[start] === OPEN_ARRAY
        ? this.#array(bytes, start)
        : bytes[start] === OPEN_OBJECT
          ? this.#object(bytes, start)
          : NOT_PLAIN
    return end !== NOT_PLAIN && past(bytes, end) === bytes.length
  }

  #object(bytes: Uint8Array, at: number): number {
    const name = past(bytes, at + 1)
    if (bytes[name] !== QUOTE) return NOT_PLAIN
    const isEnvelope = isAt(bytes, name + 1, SEQ) || isAt(bytes, name + 1, READINGS)
    return isEnvelope ? this.#envelope(bytes, name) : this.#reading(bytes, at)
  }

  /** From its first name on: the number and the readings, in either order. */
  #envelope(bytes: Uint8Array, first: number): number {
    const isSeqFirst = isAt(bytes, first + 1, SEQ)
    let at = isSeqFirst ? this.#seq(bytes, first) : this.#readings(bytes, first)
    if (at === NOT_PLAIN) return NOT_PLAIN
    at = past(bytes, at)
    if (bytes[at] === COMMA) {
      at = past(bytes, at + 1)
      at = isSeqFirst ? this.#readings(bytes, at) : this.#seq(bytes, at)
      if (at === NOT_PLAIN) return NOT_PLAIN
      at = past(bytes, at)
    } else if (isSeqFirst) return NOT_PLAIN
    return bytes[at] === CLOSE_OBJECT ? at + 1 : NOT_PLAIN
  }

  #seq(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== QUOTE || !isAt(bytes, at + 1, SEQ)) return NOT_PLAIN
    const start = valueAt(bytes, at + 1 + SEQ.length)
    if (start === NOT_PLAIN || bytes[start] === MINUS) return NOT_PLAIN
    const end = this.#number.read(bytes, start)
    const { value } = this.#number
    if (end === NOT_PLAIN || !Number.isInteger(value) || value > MAX_SEQ) return NOT_PLAIN
    this.seq = value
    return end
  }

  #readings(bytes: Uint8Array, at: number): number {
    if (bytes[at] !== QUOTE || !isAt(bytes, at + 1, READINGS)) return NOT_PLAIN
    const start = valueAt(bytes, at + 1 + READINGS.length)
    return start !== NOT_PLAIN && bytes[start] === OPEN_ARRAY ? this.#array(bytes, start) : NOT_PLAIN
  }

  #array(bytes: Uint8Array, from: number): number {
    let at = past(bytes, from + 1)
    if (bytes[at] === CLOSE_ARRAY) return at + 1
    for (; this.count < MOST_READINGS; at = past(bytes, at + 1)) {
      if (bytes[at] !== OPEN_OBJECT) return NOT_PLAIN
      at = this.#reading(bytes, at)
      if (at === NOT_PLAIN) return NOT_PLAIN
      at = past(bytes, at)
      if (bytes[at] === CLOSE_ARRAY) return at + 1
      if (bytes[at] !== COMMA) return NOT_PLAIN
    }
    return NOT_PLAIN
  }

  #reading(bytes: Uint8Array, from: number): number {
    const column = NUMBERS * this.count
    for (let i = column; i < column + NUMBERS; i++) this.numbers[i] = NaN
    let seen = 0
    let at = from
    do {
      at = past(bytes, at + 1)
      if (bytes[at] !== QUOTE) return NOT_PLAIN
      const member = memberAt(bytes, at + 1)
      if (member < 0 || (seen & (1 << member)) !== 0) return NOT_PLAIN
      seen |= 1 << member
      at = valueAt(bytes, at + 1 + MEMBERS[member].length)
      if (at === NOT_PLAIN) return NOT_PLAIN
      at = member < NAMES ? this.#name(bytes, at, member) : this.#figure(bytes, at, member)
      if (at === NOT_PLAIN) return NOT_PLAIN
      at = past(bytes, at)
    } while (bytes[at] === COMMA)
    if (bytes[at] !== CLOSE_OBJECT || (seen & REQUIRED) !== REQUIRED) return NOT_PLAIN
    this.count++
    return at + 1
  }

  /** Names are looked up, but not resolved: nobody knows yet whether the message will be taken. */
  #name(bytes: Uint8Array, at: number, member: number): number {
    if (bytes[at] !== QUOTE) return NOT_PLAIN
    const from = at + 1
    let hash = FNV_OFFSET
    let until = from
    for (let byte = bytes[until]; byte !== QUOTE; byte = bytes[++until]) {
      if (!(byte >= SPACE && byte < 0x7f) || byte === BACKSLASH) return NOT_PLAIN
      hash = Math.imul(hash ^ byte, FNV_PRIME)
    }
    if (until === from || until - from > MAX_NAME_LENGTH) return NOT_PLAIN
    const name = NAMES * this.count + member
    this.#from[name] = from
    this.#until[name] = until
    this.#hash[name] = hash
    this.#id[name] = this.#tables[member].find(bytes, from, until, hash)
    return until + 1
  }

  #figure(bytes: Uint8Array, at: number, member: number): number {
    const place = NUMBERS * this.count + member - NAMES
    if (member === NAMES && (bytes[at] === SMALL_T || bytes[at] === SMALL_F)) {
      const isTrue = bytes[at] === SMALL_T
      const word = isTrue ? TRUE : FALSE
      this.numbers[place] = isTrue ? 1 : 0
      return isAt(bytes, at, word) ? at + word.length : NOT_PLAIN
    }
    const end = this.#number.read(bytes, at)
    this.numbers[place] = this.#number.value
    return end
  }

  #text(name: number): string {
    return textOf(this.#bytes, this.#from[name], this.#until[name])
  }

  #keep(name: number, id: number): number {
    const table = this.#tables[name % NAMES]
    if (id !== 0) table.keep(this.#bytes, this.#from[name], this.#until[name], this.#hash[name], id)
    return id
  }

  /** A name that was known may be no longer. */
  #forgetOld(): void {
    if (this.#names.generation === this.#generation) return
    this.#generation = this.#names.generation
    for (const table of this.#tables) table.clear()
  }
}

/** Where white space from `at` on is over. */
function past(bytes: Uint8Array, at: number): number {
  let next = at
  for (let byte = bytes[next]; byte <= SPACE; byte = bytes[++next])
    if (byte !== SPACE && byte !== LINE_FEED && byte !== RETURN && byte !== TAB) break
  return next
}

/** Where the value begins whose name ends before `at`. */
function valueAt(bytes: Uint8Array, at: number): number {
  const colon = past(bytes, at)
  return bytes[colon] === COLON ? past(bytes, colon + 1) : NOT_PLAIN
}

function isAt(bytes: Uint8Array, at: number, word: Uint8Array): boolean {
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word[i]) return false
  return true
}

function memberAt(bytes: Uint8Array, at: number): number {
  const member = guessOf(bytes[at], bytes[at + 1])
  return member >= 0 && isAt(bytes, at, MEMBERS[member]) ? member : -1
}

/** The only member that begins so. */
function guessOf(first: number, second: number): number {
  switch (first) {
    case 0x64:
      return 0
    case 0x6d:
      return 1
    case 0x76:
      return 2
    case 0x74:
      return 3
    case 0x6c:
      return second === 0x61 ? 4 : 5
    default:
      return -1
  }
}
