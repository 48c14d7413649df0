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

/** Throws bad-request, naming index, member and what is allowed, unless the members have the right types. */
export function checkReadingInput(reading: ReadingInput, index: number): void {
  const fault = faultOf(reading)
  if (fault !== undefined) throw new MillraceError('bad-request', `readings[${index}].${fault}`, { index })
}

function faultOf({ device, metric, value, time, lat, lon }: ReadingInput): string | undefined {
  if (typeof device !== 'string' || device === '')
    return `device: ${show(device)} is not allowed; allowed: a name`
  if (typeof metric !== 'string' || metric === '')
    return `metric: ${show(metric)} is not allowed; allowed: a name`
  if (typeof value !== 'number' && typeof value !== 'boolean')
    return `value: ${show(value)} is not allowed; allowed: a number or boolean`
  for (const [name, member] of Object.entries({ time, lat, lon })) {
    if (member !== undefined && typeof member !== 'number')
      return `${name}: ${show(member)} is not allowed; allowed: a number`
  }
  return undefined
}

const show = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 80)
