/**
 * Plain data as text and back, for what stages keep in shared memory: JSON, in which numbers that it has no words for
 * (NaN, Infinity: a mean of nothing, the minimum so far) are written as objects. What would come back as something else
 * (dates, maps, class instances, functions) is refused with its place.
 */
import { MillraceError } from '../../core/errors.ts'

/** Begins a text that has numbers which JSON can't say. */
const TAGGED = '~'
const NUMBER_TAG = '$number'

/** Throws MillraceError `pipeline-failed`; `what` begins its message. */
export function textOfPlain(value: unknown, what: string): string {
  if (value === undefined) throw refused(what, 'is undefined')
  return needsTags(value, what, 0) ? TAGGED + JSON.stringify(value, tag) : JSON.stringify(value)
}

export function plainOfText(text: string): unknown {
  return text.startsWith(TAGGED) ? JSON.parse(text.slice(1), untag) : JSON.parse(text)
}

const MAX_DEPTH = 64

function needsTags(value: unknown, path: string, depth: number): boolean {
  switch (typeof value) {
    case 'number':
      return !Number.isFinite(value)
    case 'string':
    case 'boolean':
    case 'undefined':
      return false
    case 'object':
      if (value === null) return false
      if (depth === MAX_DEPTH) throw refused(path, 'is nested too deeply, or within itself')
      return Array.isArray(value) ? arrayNeeds(value, path, depth) : objectNeeds(value, path, depth)
    default:
      throw refused(path, `is a ${typeof value}`)
  }
}

function arrayNeeds(values: readonly unknown[], path: string, depth: number): boolean {
  let needs = false
  for (let i = 0; i < values.length; i++) {
    if (values[i] === undefined) throw refused(`${path}[${i}]`, 'is undefined')
    if (needsTags(values[i], `${path}[${i}]`, depth + 1)) needs = true
  }
  return needs
}

function objectNeeds(value: object, path: string, depth: number): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    throw refused(path, `is a ${value.constructor.name}`)
  if (Object.hasOwn(value, NUMBER_TAG)) throw refused(path, `has a field "${NUMBER_TAG}"`)
  let needs = false
  for (const key in value) {
    const field = (value as Record<string, unknown>)[key]
    // paths are only made for what has fields of its own
    if (typeof field === 'object' && field !== null)
      needs = needsTags(field, `${path}.${key}`, depth + 1) || needs
    else if (isRefused(field)) throw refused(`${path}.${key}`, `is a ${typeof field}`)
    else if (typeof field === 'number' && !Number.isFinite(field)) needs = true
  }
  return needs
}

const isRefused = (value: unknown): boolean =>
  typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint'

function refused(path: string, is: string): MillraceError {
  return new MillraceError('pipeline-failed', `${path} ${is}; what is kept must be plain data`, { path })
}

function tag(_key: string, value: unknown): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) return { [NUMBER_TAG]: String(value) }
  return value
}

function untag(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !(NUMBER_TAG in value)) return value
  return Number(value[NUMBER_TAG])
}
