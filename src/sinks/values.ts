/**
 * Kinds of values in the options of sinks. As their error they say only what is allowed; path and value are added where
 * it is shown (core/explain.ts).
 */
import { z } from 'zod'
import { keysAllowed } from '../core/explain.ts'

export const object = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, { error: keysAllowed(shape) })

/** 1,048,576; what knows all languages of the world takes a tenth of a second to begin. */
const grouped = (value: number): string => String(value).replace(/\B(?=(\d{3})+$)/g, ',')

export function whole(from: number, to: number, fallback: number) {
  const error = `a whole number from ${grouped(from)} to ${grouped(to)}`
  return z.int({ error }).min(from, { error }).max(to, { error }).default(fallback)
}

export const choice = <const Names extends readonly [string, ...string[]]>(
  names: Names,
  fallback: NoInfer<Names[number]>,
) => z.enum(names, { error: names.join(', ') }).default(fallback as never)

export const flag = (fallback: boolean) => z.boolean({ error: 'true, false' }).default(fallback)

export const text = (allowed: string, pattern: RegExp) =>
  z.string({ error: allowed }).regex(pattern, { error: allowed })
