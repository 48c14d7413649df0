/**
 * What a value that was read has to look like. Only for what the engine has written itself: checks say what is wrong first,
 * and nothing about what would be allowed. (The threads that read it start sooner without a library of schemas.)
 */
export type Check = (value: unknown, path: string) => string | undefined

export const whole: Check = (value, path) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? undefined
    : `${path} is ${JSON.stringify(value)}, not a whole number`

export const time: Check = (value, path) =>
  Number.isFinite(value) ? undefined : `${path} is ${JSON.stringify(value)}, not a time`

export const text: Check = (value, path) =>
  typeof value === 'string' ? undefined : `${path} is ${JSON.stringify(value)}, not a text`

export const exactly =
  (expected: number): Check =>
  (value, path) =>
    value === expected ? undefined : `${path} is ${JSON.stringify(value)}, not ${expected}`

export const listOf =
  (check: Check, atLeast = 0): Check =>
  (value, path) => {
    if (!Array.isArray(value)) return `${path} is not a list`
    if (value.length < atLeast) return `${path} has fewer than ${atLeast} entries`
    return firstOf(value.map((item, index) => () => check(item, `${path}[${index}]`)))
  }

/** Has these keys and no others. */
export const record =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return `${path} is not a record`
    const given = value as Record<string, unknown>
    const unknown = Object.keys(given).find((key) => !Object.hasOwn(checks, key))
    if (unknown !== undefined) return `${path} has ${unknown}, which nobody knows`
    return firstOf(
      Object.entries(checks).map(
        ([key, check]) =>
          () =>
            check(given[key], `${path}.${key}`),
      ),
    )
  }

function firstOf(checks: readonly (() => string | undefined)[]): string | undefined {
  for (const check of checks) {
    const fault = check()
    if (fault !== undefined) return fault
  }
  return undefined
}
