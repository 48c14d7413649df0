import { MillraceError } from '../../core/errors.ts'

/** A reading as the embedding program has it. */
export interface ReadingInput {
  readonly device: string
  readonly metric: string
  readonly value: number | boolean
  /** Milliseconds since the epoch; absent = now. */
  readonly time?: number
  /** Degrees; both or neither. */
  readonly lat?: number
  readonly lon?: number
}

/** Throws bad-request, naming index, member and what is allowed, unless these are readings by their members' types. */
export function checkReadings(readings: readonly ReadingInput[]): void {
  const isArray: boolean = Array.isArray(readings)
  if (!isArray)
    throw new MillraceError('bad-request', `readings: ${show(readings)} is not allowed; allowed: an array`)
  // not forEach, which would pass over holes
  for (let index = 0; index < readings.length; index++) checkReadingInput(readings[index], index)
}

function checkReadingInput(reading: ReadingInput, index: number): void {
  const isObject = typeof reading === 'object' && reading !== null
  const fault = isObject ? faultOf(reading) : `: ${show(reading)} is not allowed; allowed: an object`
  if (fault !== undefined) throw new MillraceError('bad-request', `readings[${index}]${fault}`, { index })
}

function faultOf({ device, metric, value, time, lat, lon }: ReadingInput): string | undefined {
  if (typeof device !== 'string' || device === '')
    return `.device: ${show(device)} is not allowed; allowed: a name`
  if (typeof metric !== 'string' || metric === '')
    return `.metric: ${show(metric)} is not allowed; allowed: a name`
  if (typeof value !== 'number' && typeof value !== 'boolean')
    return `.value: ${show(value)} is not allowed; allowed: a number or boolean`
  for (const [name, member] of Object.entries({ time, lat, lon })) {
    if (member !== undefined && typeof member !== 'number')
      return `.${name}: ${show(member)} is not allowed; allowed: a number`
  }
  return undefined
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing'
  // JSON has no word for it and throws
  if (typeof value === 'bigint') return `${value}n`
  return (JSON.stringify(value) ?? typeof value).slice(0, 80)
}
