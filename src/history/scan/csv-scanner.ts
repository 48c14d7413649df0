import { MillraceError } from '../../core/errors.ts'
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
import { csvCells } from './csv-cells.ts'
import { readDecimal } from './decimal.ts'
import type { Scanner } from './scanner.ts'
import { decodedText, type LooseReading, takeLoose } from './text-reading.ts'
import { tierAt } from './tier-at.ts'

const [NEWLINE, RETURN, QUOTE, COMMA] = [0x0a, 0x0d, 0x22, 0x2c]
const [DEVICE, METRIC, VALUE, TIME, LAT, LON, REGION, TIER] = FIELDS.keys()
const UNUSED = -1
const NUMERIC = [FIELDS[VALUE], FIELDS[TIME], FIELDS[LAT], FIELDS[LON]]

/** A reading a line, behind a line that names the columns; lines without quotes are read where they lie. */
export class CsvScanner implements Scanner {
  readonly #fields: FieldNames
  readonly #columns: readonly string[]
  /** By column: its field. */
  readonly #field: Int8Array
  #device = 0
  #metric = 0
  #region = 0
  #tier = 0

  constructor(columns: readonly string[], fields: FieldNames) {
    this.#columns = columns
    this.#fields = fields
    this.#field = Int8Array.from(columns, (column) =>
      FIELDS.findIndex((field) => fields.names[field] === column),
    )
    for (const field of ['device', 'metric', 'value', 'time'] as const) {
      const isFixed = (field === 'device' || field === 'metric') && fields.fixed[field] !== undefined
      const at = columns.indexOf(fields.names[field])
      if (isFixed && at >= 0) this.#field[at] = UNUSED
      if (isFixed || at >= 0) continue
      const header = columns.join(', ')
      throw new MillraceError(
        'bad-config',
        `the columns are ${header}: none is called ${fields.names[field]}; say which is the ${field} with --map ${field}=column`,
      )
    }
  }

  scan(bytes: Uint8Array, from: number, to: number, into: ChunkReading): number {
    const { device, metric } = this.#fields.fixed
    const fixedDevice = device === undefined ? -1 : into.deviceCalled(device)
    const fixedMetric = metric === undefined ? -1 : into.metricOf(metric)
    let line = 0
    for (let at = from; at < to; line++) {
      this.#device = fixedDevice
      this.#metric = fixedMetric
      const end = this.#simple(bytes, at, to, into)
      if (end >= 0) {
        const fault = into.put(this.#device, this.#metric, this.#region, this.#tier)
        if (fault !== '') into.fault(line, fault)
        at = end + 1
        continue
      }
      const next = bytes.indexOf(NEWLINE, at)
      const stop = next < 0 || next > to ? to : next
      const fault = this.#parse(bytes, at, bytes[stop - 1] === RETURN ? stop - 1 : stop, into)
      if (fault !== '') into.fault(line, fault)
      at = stop + 1
    }
    return line
  }

  /** The end of a line without quotes that says all it must; −1 = it is to be looked at closely. */
  #simple(bytes: Uint8Array, start: number, to: number, into: ChunkReading): number {
    into.row.fill(NaN)
    this.#region = NO_REGION
    this.#tier = NO_TIER
    let at = start
    for (let column = 0; ; column++) {
      let end = at
      let byte = 0
      for (; end < to; end++) {
        byte = bytes[end]
        if (byte === COMMA || byte === NEWLINE) break
        if (byte === QUOTE) return -1
      }
      const isLast = end >= to || byte === NEWLINE
      const cellEnd = isLast && bytes[end - 1] === RETURN ? end - 1 : end
      if (column >= this.#field.length || !this.#cell(this.#field[column], bytes, at, cellEnd, into))
        return -1
      if (isLast) return column === this.#field.length - 1 && this.#isWhole(into.row) ? end : -1
      at = end + 1
    }
  }

  #cell(field: number, bytes: Uint8Array, from: number, to: number, into: ChunkReading): boolean {
    switch (field) {
      case UNUSED:
        return true
      case DEVICE:
        return (this.#device = into.device(bytes, from, to)) >= 0
      case METRIC:
        return (this.#metric = into.metric(bytes, from, to)) >= 0
      case REGION:
        return (this.#region = into.region(bytes, from, to)) >= 0
      case TIER:
        return to === from || (this.#tier = tierAt(bytes, from, to)) >= 0
      default:
        return this.#number(field, bytes, from, to, into)
    }
  }

  #number(field: number, bytes: Uint8Array, from: number, to: number, into: ChunkReading): boolean {
    if (to === from) return field === LAT || field === LON
    return readDecimal(bytes, from, to, into.row, field - VALUE) === to
  }

  #isWhole(row: Float64Array): boolean {
    if (this.#device < 0 || this.#metric < 0) return false
    if (row[ROW_VALUE] !== row[ROW_VALUE] || row[ROW_TIME] !== row[ROW_TIME]) return false
    return !(Math.abs(row[ROW_LAT]) > 90 || Math.abs(row[ROW_LON]) > 180)
  }

  #parse(bytes: Uint8Array, from: number, to: number, into: ChunkReading): string {
    const text = decodedText(bytes, from, to)
    if (text === undefined) return 'not valid UTF-8'
    if (text.trim() === '') return ''
    const cells = csvCells(text)
    if (cells === undefined) return 'a quote that is not closed in its line, or text behind a closing one'
    const wanted = this.#columns.length
    if (cells.length !== wanted) return `${cells.length} cells where the header names ${wanted} columns`
    return takeLoose(this.#looseOf(cells), this.#fields, into)
  }

  /** An empty cell says nothing. */
  #looseOf(cells: readonly string[]): LooseReading {
    const { names } = this.#fields
    const numeric = new Set(NUMERIC.map((field) => names[field]))
    const entries = this.#columns.map((column, i): [string, unknown] => {
      const cell = cells[i].trim()
      return [column, cell === '' ? undefined : numeric.has(column) ? plain(cell) : cells[i]]
    })
    return Object.fromEntries(entries)
  }
}

function plain(cell: string): unknown {
  if (cell === 'true' || cell === 'false') return cell === 'true'
  const number = Number(cell)
  return Number.isNaN(number) ? cell : number
}
