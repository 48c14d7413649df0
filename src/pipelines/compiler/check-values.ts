import { type Fault, shown } from './fault.ts'

/** Rules for values: what is wrong with one, if anything. */
export type Rule = (value: unknown, path: string) => readonly Fault[]

export const rule =
  (isAllowed: (value: unknown) => boolean, allowed: string): Rule =>
  (value, path) =>
    isAllowed(value) ? [] : [{ path, value: shown(value), allowed }]

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

export const text = rule((value) => typeof value === 'string' && value !== '', 'a text that is not empty')
export const func = rule((value) => typeof value === 'function', 'a function')
export const duration = rule((value) => isNumber(value) && value >= 0, 'a duration of 0 or more, such as 5m')
export const longDuration = rule(
  (value) => isNumber(value) && value > 0,
  'a duration of more than 0, such as 5m',
)
export const anyNumber = rule(isNumber, 'a number')
export const whole = (min: number, max = Number.MAX_SAFE_INTEGER): Rule =>
  rule(
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
    max === Number.MAX_SAFE_INTEGER ? `a whole number from ${min}` : `a whole number from ${min} to ${max}`,
  )
export const oneOf = (...values: readonly string[]): Rule =>
  rule((value) => (values as readonly unknown[]).includes(value), values.join(', '))
export const optional =
  (inner: Rule): Rule =>
  (value, path) =>
    value === undefined ? [] : inner(value, path)
export const texts = rule(
  (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((entry) => typeof entry === 'string' && entry !== ''),
  'a list of texts, at least one',
)

/** Each of the rules on the property of its name. */
export function fields(value: object, path: string, rules: Readonly<Record<string, Rule>>): readonly Fault[] {
  const at = path === '' ? '' : `${path}.`
  return Object.entries(rules).flatMap(([name, check]) =>
    check((value as Readonly<Record<string, unknown>>)[name], `${at}${name}`),
  )
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
