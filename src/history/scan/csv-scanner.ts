import { MillraceError } from '../../core/errors.ts'
import type { ChunkReading } from './chunk-reading.ts'
import { FIELDS, type FieldNames } from './columns.ts'
import { csvCells } from './csv-cells.ts'
import { scanLines } from './line-scan.ts'
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'
import { decodedText, type LooseReading, takeLoose } from './text-reading.ts'
import type { Scanner } from './scanner.ts'

const RETURN = 0x0d
const NUMERIC = [
  FIELDS[S.FIELD_VALUE],
  FIELDS[S.FIELD_TIME],
  FIELDS[S.FIELD_LAT],
  FIELDS[S.FIELD_LON],
] as const

/** A reading a line, behind a line that names the columns; lines without quotes are read where they lie. */
export class CsvScanner implements Scanner {
  readonly #fields: FieldNames
  readonly #columns: readonly string[]
  /** By column: its field. */
  readonly #field: Int8Array

  constructor(desk: ScanDesk, columns: readonly string[], fields: FieldNames) {
    this.#columns = columns
    this.#fields = fields
    const { buffer, byteOffset } = desk.bytes(columns.length)
    this.#field = new Int8Array(buffer, byteOffset, columns.length)
    this.#field.set(columns.map((column) => FIELDS.findIndex((field) => fields.names[field] === column)))
    for (const field of ['device', 'metric', 'value', 'time'] as const) {
      const isFixed = (field === 'device' || field === 'metric') && fields.fixed[field] !== undefined
      const at = columns.indexOf(fields.names[field])
      if (isFixed && at >= 0) this.#field[at] = S.UNUSED
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
    const { i32, u32, kernels } = into.desk
    i32[S.DESK_FIXED_DEVICE / 4] = device === undefined ? S.NONE : into.deviceCalled(device)
    i32[S.DESK_FIXED_METRIC / 4] = metric === undefined ? S.NONE : into.metricOf(metric)
    u32[S.DESK_COLUMNS / 4] = this.#field.byteOffset
    u32[S.DESK_COLUMN_COUNT / 4] = this.#field.length
    return scanLines(
      { bytes, from, to },
      into,
      (...at) => kernels.scanCsv(...at),
      (...line) => this.#parse(...line, into),
    )
  }

  #parse(bytes: Uint8Array, from: number, end: number, into: ChunkReading): string {
    const text = decodedText(bytes, from, bytes[end - 1] === RETURN ? end - 1 : end)
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
