/**
 * Comparisons by the hundred thousand. An expectation makes an error and an object with many properties, whatever it finds:
 * here that is left to those that would fail.
 */
import { isDeepStrictEqual } from 'node:util'
import { expect } from 'vitest'

/** `expect(found, what).toBe(wanted)`. */
export function mustBe<T>(found: T, wanted: T, what: string | (() => string)): void {
  if (Object.is(found, wanted)) return
  expect(found, typeof what === 'string' ? what : what()).toBe(wanted)
}

/** `expect(found, what).toEqual(wanted)`. */
export function mustEqual(found: unknown, wanted: unknown, what: string | (() => string)): void {
  if (isDeepStrictEqual(found, wanted)) return
  expect(found, typeof what === 'string' ? what : what()).toEqual(wanted)
}
