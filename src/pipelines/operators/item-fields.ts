import { MillraceError } from '../../core/errors.ts'

/** A copy of the item with one more field (or another value in it). */
export function withField(item: unknown, field: string, value: unknown): Record<string, unknown> {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) throw noFields(item, field)
  return { ...item, [field]: value }
}

function noFields(item: unknown, field: string): MillraceError {
  const what = Array.isArray(item) ? 'an array' : item === null ? 'null' : `a ${typeof item}`
  return new MillraceError(
    'pipeline-failed',
    `the item is ${what}, which can't have a field "${field}"; stages before must give objects`,
    { field },
  )
}
