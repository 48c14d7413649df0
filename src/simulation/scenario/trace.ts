/** Recorded traffic: one column of a CSV file. */
import { MillraceError } from '../../core/errors.ts'

export interface Trace {
  readonly values: Float64Array
  readonly mean: number
  readonly peak: number
}

/** Fields without quotes, as tables of numbers are. `file` is what messages call it. */
export function traceOf(text: string, file: string, column: string): Trace {
  const [header = '', ...rows] = text.split(/\r?\n/).filter((row) => row.trim() !== '')
  const names = header.split(',').map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
  const at = names.indexOf(column)
  if (at < 0) refuse(`${file}:1: no column is called ${column}; there are ${names.join(', ')}`)
  if (rows.length === 0) refuse(`${file}: no rows`)
  const values = Float64Array.from(rows, (row, index) => {
    const field = row.split(',')[at]?.trim() ?? ''
    const value = Number(field)
    if (field === '' || !Number.isFinite(value) || value < 0)
      refuse(
        `${file}:${index + 2}: ${column}: ${JSON.stringify(field)} is not allowed; give a number of 0 or more`,
      )
    return value
  })
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  if (mean === 0) refuse(`${file}: ${column} is 0 in every row`)
  return { values, mean, peak: values.reduce((peak, value) => Math.max(peak, value), 0) }
}

function refuse(message: string): never {
  throw new MillraceError('bad-config', message)
}
