/**
 * History to learn from: CSV lines `time,demand[,tier,region]` with a header that names the columns in any order, read as a
 * stream, oldest first. Time is milliseconds since the epoch or ISO 8601 (UTC where no zone is given); demand is readings
 * per second. A line without tier or region is divided evenly over the series it may belong to, and that is told.
 */
import { MillraceError } from '../../core/errors.ts'
import type { DemandSeries } from '../../core/scaling.ts'

/** Demand of all series at a time. */
export interface HistoryRow {
  readonly at: number
  readonly demand: Float64Array
  /** Series that it doesn't tell apart, by what their lines say of them. */
  readonly lent: readonly (readonly number[])[]
}

type Column = 'time' | 'demand' | 'tier' | 'region'
type Columns = ReadonlyMap<Column, number>

const NAMES: Readonly<Record<string, Column>> = {
  ...{ time: 'time', timestamp: 'time', demand: 'demand', value: 'demand', requests: 'demand' },
  ...{ tier: 'tier', region: 'region' },
}

/** Yields a row per time; throws `bad-request` that says which line is wrong, and how. */
export async function* readHistory(
  lines: AsyncIterable<string>,
  series: readonly DemandSeries[],
): AsyncGenerator<HistoryRow> {
  let columns: Columns | null = null
  const meantBy = seriesIndex(series)
  let row = null as RowUnderWay | null
  let number = 0
  for await (const line of lines) {
    number++
    if (line.trim() === '') continue
    const cells = line.split(',').map((cell) => cell.trim().replaceAll('"', ''))
    if (columns === null) {
      columns = columnsOf(cells)
      continue
    }
    const at = timeOf(cell(cells, columns, 'time'), number)
    if (row !== null && at < row.at)
      throw wrong(number, `is older than the line before; oldest first is allowed`)
    if (row !== null && at > row.at) yield row
    if (row === null || row.at !== at) row = { at, demand: new Float64Array(series.length), lent: [] }
    share(row, cells, columns, meantBy, number)
  }
  if (row !== null) yield row
}

function columnsOf(cells: readonly string[]): Columns {
  const columns = new Map<Column, number>()
  cells.forEach((name, i) => {
    const column = NAMES[name.toLowerCase()]
    if (column === undefined) throw wrong(1, `column "${name}"; allowed are time, demand, tier, region`)
    columns.set(column, i)
  })
  for (const needed of ['time', 'demand'] as const) {
    if (!columns.has(needed)) throw wrong(1, `has no column ${needed}`)
  }
  return columns
}

const cell = (cells: readonly string[], columns: Columns, column: Column): string =>
  cells[columns.get(column) ?? -1] ?? ''

type RowUnderWay = HistoryRow & { readonly lent: (readonly number[])[] }

/** Indexes of the series that lines may be of. */
type MeantBy = (tier: string, region: string) => readonly number[]

/** The same series are found once. */
function seriesIndex(series: readonly DemandSeries[]): MeantBy {
  const known = new Map<string, readonly number[]>()
  return (tier, region) => {
    const key = `${tier},${region}`
    const found = known.get(key)
    if (found !== undefined) return found
    const meant = series.flatMap((each, i) =>
      (tier === '' || each.tier === tier) && (region === '' || each.region === region) ? [i] : [],
    )
    known.set(key, meant)
    return meant
  }
}

function share(
  { demand, lent }: RowUnderWay,
  cells: readonly string[],
  columns: Columns,
  meantBy: MeantBy,
  number: number,
): void {
  const text = cell(cells, columns, 'demand')
  const value = Number(text)
  if (text === '' || !(value >= 0) || value === Infinity) {
    throw wrong(number, `demand "${text}"; allowed are numbers from 0`)
  }
  const tier = cell(cells, columns, 'tier')
  const region = cell(cells, columns, 'region')
  const meant = meantBy(tier, region)
  if (meant.length === 0) throw wrong(number, `no series has tier "${tier}" and region "${region}"`)
  if (meant.length > 1 && !lent.includes(meant)) lent.push(meant)
  for (const i of meant) demand[i] += value / meant.length
}

function timeOf(text: string, number: number): number {
  const zoned = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(text)
    ? `${text.replace(' ', 'T')}Z`
    : text
  const at = /^\d+$/.test(text) ? Number(text) : Date.parse(zoned)
  if (Number.isNaN(at)) throw wrong(number, `time "${text}"; allowed are milliseconds or ISO 8601`)
  return at
}

const wrong = (line: number, what: string): MillraceError =>
  new MillraceError('bad-request', `history: line ${line}: ${what}`, { line })
