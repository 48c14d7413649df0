/**
 * The text of a reference table as rows by key: CSV with a header line (all values are text, as they stand there) or a
 * JSON array of objects. Each row has a key, and no two the same one: a lookup has one answer. Anything else is refused
 * with the line or element it is in.
 */
import { MillraceError } from '../../core/errors.ts'
import type { ReferenceTable } from '../definition/definition.ts'
import { type CsvRecord, readCsv } from './csv.ts'
import type { ReferenceData, ReferenceRow } from './reference-rows.ts'

/** A row and where it stands: `line 7`, `element 3`. */
interface Placed {
  readonly row: ReferenceRow
  readonly where: string
}

/** Throws MillraceError `bad-request` that names file, place and cause. */
export function parseReference(
  text: string,
  { file, column }: Pick<ReferenceTable, 'file' | 'column'>,
): ReferenceData {
  try {
    return {
      rows: byKey(file.toLowerCase().endsWith('.json') ? jsonRows(text) : csvRows(text, column), column),
    }
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error)
    throw new MillraceError('bad-request', `${file}: ${cause}`, { file }, error)
  }
}

function byKey(placed: Iterable<Placed>, column: string): Map<string, ReferenceRow> {
  const rows = new Map<string, ReferenceRow>()
  const places = new Map<string, string>()
  for (const { row, where } of placed) {
    const key = keyOf(row, column, where)
    const first = places.get(key)
    if (first !== undefined) throw bad(`${where}: "${column}" is "${key}" again, as in ${first}`)
    places.set(key, where)
    rows.set(key, row)
  }
  return rows
}

function keyOf(row: ReferenceRow, column: string, where: string): string {
  const key = Object.hasOwn(row, column) ? row[column] : undefined
  if (typeof key === 'number' || typeof key === 'boolean' || (typeof key === 'string' && key !== ''))
    return String(key)
  throw bad(`${where}: "${column}" must be a text or a number, for it is the key`)
}

function* csvRows(text: string, column: string): Generator<Placed> {
  const [header, ...records] = readCsv(text)
  if (header === undefined) throw bad('the file is empty; the first line must name the columns')
  const names = namesOf(header, column)
  for (const { fields, line } of records) {
    if (fields.length !== names.length)
      throw bad(`line ${line}: ${fields.length} fields, but the header names ${names.length}`)
    const row = Object.fromEntries(names.map((name, index) => [name, fields[index]]))
    yield { row, where: `line ${line}` }
  }
}

function namesOf({ fields }: CsvRecord, column: string): readonly string[] {
  const twice = fields.find((name, index) => fields.indexOf(name) !== index)
  if (twice !== undefined) throw bad(`the header names "${twice}" twice`)
  if (!fields.includes(column)) throw bad(`no column is called "${column}"; there are ${fields.join(', ')}`)
  return fields
}

function* jsonRows(text: string): Generator<Placed> {
  const rows: unknown = JSON.parse(text)
  if (!Array.isArray(rows)) throw bad('must be an array of objects')
  for (const [index, row] of rows.entries()) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      throw bad(`element ${index}: must be an object`)
    yield { row: row as ReferenceRow, where: `element ${index}` }
  }
}

const bad = (message: string): MillraceError => new MillraceError('bad-request', message)
