/**
 * What devices and metrics may be called: 1 to a number of UTF-16 units, none of them a control character or half of
 * a surrogate pair (such a name has no UTF-8 bytes, so no id).
 */
import { MillraceError } from '../../core/errors.ts'

export const MAX_DEVICE_NAME = 256
export const MAX_METRIC_NAME = 128
const NOT_ALLOWED = /[\p{Cc}\p{Cs}]/u

export const isName = (name: string, maxLength: number): boolean =>
  name.length >= 1 && name.length <= maxLength && !NOT_ALLOWED.test(name)

/** Throws a MillraceError if `name` can't be the name of a `kind`. The parameter is unknown: JavaScript calls this. */
export function checkName(kind: 'device' | 'metric', name: unknown, maxLength: number): void {
  if (typeof name === 'string' && isName(name, maxLength)) return
  const shown = typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : typeof name
  const allowed = `1 to ${maxLength} characters, no control characters, no unpaired surrogates`
  throw new MillraceError(
    'bad-request',
    `name: ${shown} is not allowed as a ${kind} name; allowed: ${allowed}`,
    {
      path: 'name',
      value: name,
      allowed,
    },
  )
}
