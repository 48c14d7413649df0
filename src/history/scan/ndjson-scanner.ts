import {
  type ChunkReading,
  NO_REGION,
  NO_TIER,
  ROW_LAT,
  ROW_LON,
  ROW_TIME,
  ROW_VALUE,
} from './chunk-reading.ts'
import { FIELDS, type FieldNames } from './columns.ts'
import { readDecimal } from './decimal.ts'
import type { Scanner } from './scanner.ts'
import { decodedText, type LooseReading, takeLoose } from './text-reading.ts'
import { tierAt } from './tier-at.ts'

const [NEWLINE, RETURN, QUOTE, COMMA, COLON] = [0x0a, 0x0d, 0x22, 0x2c, 0x3a]
const [OPEN, CLOSE, BACKSLASH, SPACE, TRUE] = [0x7b, 0x7d, 0x5c, 0x20, 0x74]
const [DEVICE, METRIC, VALUE, , , LON, REGION, TIER] = FIELDS.keys()
const OTHER = -1
const encoder = new TextEncoder()

/**
 * A reading a line: `{"device":"a","metric":"b","value":1,"time":1767225600000}`, members in any order, others ignored.
 * Lines of strings without escapes and of plain decimals are read where they lie; all others by JSON.parse.
 */
export class NdjsonScanner implements Scanner {
  readonly #fields: FieldNames
  readonly #names: readonly Uint8Array[]
  readonly #ignored = new Float64Array(1)
  #fixedDevice = -1
  #fixedMetric = -1
  /** What a line has said so far: the reading it is. */
  #device = 0
  #metric = 0
  #region = 0
  #tier = 0
  /** The field that came last: often the members of all lines are in the same order. */
  #guess = 0
  readonly #order = new Int8Array(FIELDS.length + 1).fill(OTHER)

  constructor(fields: FieldNames) {
    this.#fields = fields
    const given = Object.keys(fields.fixed)
    // what is the same for all is not looked for: no name has a line break
    this.#names = FIELDS.map((field) => encoder.encode(given.includes(field) ? '\n' : fields.names[field]))
  }

  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const { device, metric } = this.#fields.fixed
    this.#fixedDevice = device === undefined ? -1 : into.deviceCalled(device)
    this.#fixedMetric = metric === undefined ? -1 : into.metricOf(metric)
    let line = 0
    for (let at = from; at < to; line++) {
      const end = this.#simple(bytes, at, to, into)
      if (end > 0 && (end >= to || bytes[end] === NEWLINE) && this.#isWhole(into.row)) {
        const fault = into.put(this.#device, this.#metric, this.#region, this.#tier)
        if (fault !== '') into.fault(line, fault)
        at = end + 1
        continue
      }
      const next = bytes.indexOf(NEWLINE, at)
      const stop = next < 0 || next > to ? to : next
      const fault = this.#parse(bytes, at, stop, into)
      if (fault !== '') into.fault(line, fault)
      at = stop + 1
    }
    return line
  }

  /** The end of a simple line, whose reading is then in the fields; 0 = it is not one. */
  #simple(bytes: Uint8Array, start: number, to: number, into: ChunkReading): number {
    this.#device = this.#fixedDevice
    this.#metric = this.#fixedMetric
    into.row.fill(NaN)
    this.#region = NO_REGION
    this.#tier = NO_TIER
    this.#guess = 0
    if (bytes[start] !== OPEN) return 0
    for (let at = start + 1; at < to; at++) {
      at = this.#member(bytes, at, to, into)
      if (at === 0) return 0
      if (bytes[at] === CLOSE) return bytes[at + 1] === RETURN ? at + 2 : at + 1
      if (bytes[at] !== COMMA) return 0
      if (bytes[at + 1] === SPACE) at++
    }
    return 0
  }

  /** Reads `"name":value`; returns the position behind it, 0 = not simple. */
  #member(bytes: Uint8Array, at: number, to: number, into: ChunkReading): number {
    if (bytes[at] !== QUOTE) return 0
    const nameEnd = stringEnd(bytes, at + 1, to)
    if (nameEnd === 0 || bytes[nameEnd + 1] !== COLON) return 0
    const field = this.#fieldAt(bytes, at + 1, nameEnd)
    const start = bytes[nameEnd + 2] === SPACE ? nameEnd + 3 : nameEnd + 2
    return bytes[start] === QUOTE
      ? this.#text(field, bytes, start + 1, to, into)
      : this.#number(field, bytes, start, to, into)
  }

  #text(field: number, bytes: Uint8Array, start: number, to: number, into: ChunkReading): number {
    const end = stringEnd(bytes, start, to)
    if (end === 0) return 0
    if (field === DEVICE) this.#device = into.device(bytes, start, end)
    else if (field === METRIC) this.#metric = into.metric(bytes, start, end)
    else if (field === REGION) this.#region = into.region(bytes, start, end)
    else if (field === TIER) this.#tier = tierAt(bytes, start, end)
    else if (field !== OTHER) return 0
    return end + 1
  }

  #number(field: number, bytes: Uint8Array, start: number, to: number, into: ChunkReading): number {
    if (field !== OTHER && (field < VALUE || field > LON)) return 0
    const row = field === OTHER ? this.#ignored : into.row
    const end = readDecimal(bytes, start, to, row, field === OTHER ? 0 : field - VALUE)
    if (end >= 0) return end
    return field === OTHER || field === VALUE ? this.#boolean(field, bytes, start, into) : 0
  }

  /** `true`, `false`, and `null` where it is nothing that counts. */
  #boolean(field: number, bytes: Uint8Array, start: number, into: ChunkReading): number {
    const isTrue = bytes[start] === TRUE
    const word = bytes[start + 1] | (bytes[start + 2] << 8) | (bytes[start + 3] << 16)
    if (isTrue ? word !== 0x657572 : word !== 0x736c61 || bytes[start] !== 0x66 || bytes[start + 4] !== 0x65)
      return 0
    if (field === VALUE) into.row[ROW_VALUE] = isTrue ? 1 : 0
    return start + (isTrue ? 4 : 5)
  }

  /** The field of this name. The one that followed the last one in the line before is looked at first. */
  #fieldAt(bytes: Uint8Array, from: number, to: number): number {
    const guess = this.#order[this.#guess]
    const field =
      guess !== OTHER && isSame(bytes, from, to, this.#names[guess]) ? guess : this.#search(bytes, from, to)
    this.#order[this.#guess] = field
    this.#guess = field + 1
    return field
  }

  #search(bytes: Uint8Array, from: number, to: number): number {
    return this.#names.findIndex((name) => isSame(bytes, from, to, name))
  }

  /** Whether a simple line said all that it must, and nothing wrong: else it is read again, which tells what is. */
  #isWhole(row: Float64Array): boolean {
    const isNamed = this.#device >= 0 && this.#metric >= 0 && this.#region >= 0 && this.#tier >= 0
    if (!isNamed || row[ROW_VALUE] !== row[ROW_VALUE] || row[ROW_TIME] !== row[ROW_TIME]) return false
    return !(Math.abs(row[ROW_LAT]) > 90 || Math.abs(row[ROW_LON]) > 180)
  }

  /** By JSON.parse. */
  #parse(bytes: Uint8Array, from: number, to: number, into: ChunkReading): string {
    const text = decodedText(bytes, from, to)
    if (text === undefined) return 'not valid UTF-8'
    if (text.trim() === '') return ''
    let reading: unknown
    try {
      reading = JSON.parse(text)
    } catch (error) {
      return `not valid JSON: ${(error as Error).message.slice(0, 120)}`
    }
    if (typeof reading !== 'object' || reading === null || Array.isArray(reading))
      return 'a line must be an object: {"device":…,"metric":…,"value":…,"time":…}'
    return takeLoose(reading as LooseReading, this.#fields, into)
  }
}

/** Where the string that begins at `at` has its closing quote; 0 = it has none, or escapes. */
function stringEnd(bytes: Uint8Array, at: number, to: number): number {
  for (let i = at; i < to; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) return i
    if (byte === BACKSLASH || byte < SPACE) return 0
  }
  return 0
}

function isSame(bytes: Uint8Array, from: number, to: number, name: Uint8Array): boolean {
  if (to - from !== name.length) return false
  for (let i = 0; i < name.length; i++) if (bytes[from + i] !== name[i]) return false
  return true
}
