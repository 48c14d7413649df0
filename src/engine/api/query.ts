/** Reads a query string against the parameters that a path has; anything else is refused with what is allowed. */
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { explain, keysAllowed } from '../../core/explain.ts'

/** May stand in any query: browsers can't give an EventSource a header, so the token may come this way. */
const TOKEN = 'token'

export function readQuery<Shape extends z.ZodRawShape>(
  query: string,
  shape: Shape,
): z.infer<z.ZodObject<Shape>> {
  const given = new URLSearchParams(query)
  given.delete(TOKEN)
  const twice = [...given.keys()].find((key) => given.getAll(key).length > 1)
  if (twice !== undefined)
    throw new MillraceError('bad-request', `query: ${JSON.stringify(twice)} is given twice`)
  const schema = z.strictObject(shape, { error: keysAllowed(shape) })
  const result = schema.safeParse(Object.fromEntries(given), { reportInput: true })
  if (!result.success) throw new MillraceError('bad-request', `query: ${explain(result.error, 'query')}`)
  return result.data
}

/** A whole number from `min` to `max`; `usual` if it is not given. */
export function wholeNumber(min: number, max: number, usual: number) {
  const error = `a whole number from ${min} to ${max}`
  return z
    .string({ error })
    .regex(/^[0-9]{1,10}$/, { error })
    .transform(Number)
    .pipe(z.number({ error }).min(min, { error }).max(max, { error }))
    .default(usual)
}
