import type { Aggregate } from './aggregate.ts'
import { variance } from './variance.ts'

/** Standard deviation of the sample. */
export const deviation: Aggregate = {
  ...variance,
  result: (arena, at) => Math.sqrt(variance.result(arena, at) as number),
}
