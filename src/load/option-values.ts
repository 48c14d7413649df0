import { MillraceError } from '../core/errors.ts'

/** Readers of single option values. Each refuses what it can't take by naming the option, the value and what may stand there. */
const bad = (option: string, value: string, allowed: string): MillraceError =>
  new MillraceError('bad-config', `--${option} ${value}: expected ${allowed}`, { option, value })

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h)?$/
const UNIT_MS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Milliseconds of `1500ms`, `30s`, `2m`, `1h` or plain seconds. */
export function durationMs(option: string, value: string): number {
  const match = DURATION.exec(value)
  const ms = match ? Number(match[1]) * UNIT_MS[(match[2] ?? 's') as keyof typeof UNIT_MS] : 0
  if (!(ms > 0)) throw bad(option, value, 'a duration above 0 such as 30s, 1500ms, 2m or plain seconds')
  return ms
}

/** A whole number within bounds; `_` may group digits. */
export function count(option: string, value: string, min: number, max: number): number {
  const number = /^\d[\d_]*$/.test(value) ? Number(value.replaceAll('_', '')) : NaN
  if (number >= min && number <= max) return number
  throw bad(option, value, `a whole number from ${min} to ${max}`)
}

/** A number within bounds. */
export function numberWithin(option: string, value: string, min: number, max: number): number {
  const number = value.trim() === '' ? NaN : Number(value)
  if (number >= min && number <= max) return number
  throw bad(option, value, `a number from ${min} to ${max}`)
}

/** One of the given words. */
export function word<T extends string>(option: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw bad(option, value, `one of ${allowed.join(', ')}`)
  return found
}

/** Readings per second, or null for `max`. */
export function rate(option: string, value: string): number | null {
  if (value === 'max') return null
  const number = Number(value.replaceAll('_', ''))
  if (number > 0 && Number.isFinite(number)) return number
  throw bad(option, value, 'readings per second above 0, or max')
}

export interface Ramp {
  readonly from: number
  readonly to: number
  readonly durationMs: number
}

/** `from:to:duration`, readings per second. */
export function rampOf(option: string, value: string): Ramp {
  const parts = value.split(':')
  const [from, to] = parts.slice(0, 2).map((part) => (part === '' ? NaN : Number(part.replaceAll('_', ''))))
  if (parts.length !== 3 || !(from >= 0) || !(to > 0) || !Number.isFinite(from + to)) {
    throw bad(
      option,
      value,
      'from:to:duration such as 1000:1000000:60s (readings per second, the second above 0)',
    )
  }
  return { from, to, durationMs: durationMs(option, parts[2]) }
}

export interface Share<T extends string> {
  readonly name: T
  /** Part of the whole, 0 … 1; all of one list add up to 1. */
  readonly share: number
}

/** `a=20,b=80`: weights of the allowed names, brought to a sum of 1. */
export function shares<T extends string>(
  option: string,
  value: string,
  allowed: readonly T[],
): readonly Share<T>[] {
  const found = value.split(',').map((part) => {
    const [name, weight, ...rest] = part.split('=')
    const known = allowed.find((one) => one === name.trim())
    if (known === undefined || rest.length > 0 || !(Number(weight) > 0) || !Number.isFinite(Number(weight))) {
      throw bad(option, value, `name=weight,… with weights above 0 and names of ${allowed.join(', ')}`)
    }
    return { name: known, share: Number(weight) }
  })
  if (new Set(found.map(({ name }) => name)).size !== found.length)
    throw bad(option, value, 'each name only once')
  const sum = found.reduce((total, { share }) => total + share, 0)
  return found.map(({ name, share }) => ({ name, share: share / sum }))
}
