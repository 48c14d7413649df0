import { MillraceError } from '../../core/errors.ts'

/** What a reading is made of, in text formats. */
export const FIELDS = ['device', 'metric', 'value', 'time', 'lat', 'lon', 'region', 'tier'] as const
export type Field = (typeof FIELDS)[number]

/** What the fields are called in the input, and what is said where the input doesn't. */
export interface FieldNames {
  readonly names: Readonly<Record<Field, string>>
  /** For inputs that have no such column: `metric=temperature`. */
  readonly fixed: Readonly<Partial<Record<'device' | 'metric', string>>>
}

export const PLAIN_FIELDS: FieldNames = {
  names: Object.fromEntries(FIELDS.map((field) => [field, field])) as Record<Field, string>,
  fixed: {},
}

/** Reads `time=ts,value=val`; a name in quotes is what the field always is: `metric="temperature"`. */
export function fieldNames(text: string): FieldNames {
  const names: Record<string, string> = { ...PLAIN_FIELDS.names }
  const fixed: Partial<Record<'device' | 'metric', string>> = {}
  for (const pair of text.split(',')) {
    const at = pair.indexOf('=')
    const field = pair.slice(0, at).trim()
    const name = pair.slice(at + 1).trim()
    if (at < 0 || name === '' || !(FIELDS as readonly string[]).includes(field))
      throw new MillraceError(
        'bad-config',
        `--map: ${pair} is not field=name; fields are ${FIELDS.join(', ')}`,
      )
    const constant = /^"(.+)"$/.exec(name)?.[1]
    if (constant === undefined) names[field] = name
    else if (field === 'device' || field === 'metric') fixed[field] = constant
    else
      throw new MillraceError(
        'bad-config',
        `--map: ${field} cannot be the same for all; device and metric can`,
      )
  }
  return { names: names as Record<Field, string>, fixed }
}
