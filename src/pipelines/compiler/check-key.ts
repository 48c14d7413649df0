import { partsOf } from '../keys/key-parts.ts'
import type { KeySpec } from '../definition/key-spec.ts'
import { isObject, text } from './check-values.ts'
import { type Fault, shown } from './fault.ts'

const NAMES = ['device', 'series', 'region', 'tier', 'metric', 'tenant', 'all']
const ALLOWED = `${NAMES.join(', ')}, attribute(name), a function, or a list of these`

/** What is wrong with a key. */
export function checkKey(key: unknown, path: string): readonly Fault[] {
  const faults = checkForm(key, path)
  if (faults.length > 0) return faults
  const functions = partsOf(key as KeySpec).filter(({ from }) => from === 'function').length
  return functions > 1 ? [{ path, value: `${functions} functions`, allowed: 'one at most' }] : []
}

function checkForm(key: unknown, path: string): readonly Fault[] {
  if (!isObject(key)) return [{ path, value: shown(key), allowed: ALLOWED }]
  const { by, attribute, parts } = key
  if (by === 'attribute') return text(attribute, `${path}.attribute`)
  if (by === 'function')
    return typeof key.key === 'function'
      ? []
      : [{ path: `${path}.key`, value: shown(key.key), allowed: 'a function' }]
  if (by === 'composite') {
    if (!Array.isArray(parts) || parts.length === 0)
      return [{ path, value: shown(parts), allowed: 'a list of keys, at least one' }]
    return parts.flatMap((part, index) => checkForm(part, `${path}.${index}`))
  }
  return NAMES.includes(by as string) ? [] : [{ path, value: shown(by), allowed: ALLOWED }]
}
