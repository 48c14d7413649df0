import type { Random } from '../core/random.ts'

/** Waiting times between tries. */
export interface Backoff {
  /** Before the second try; doubled for each further one. */
  readonly firstMs: number
  readonly maxMs: number
}

/**
 * How long to wait after the `failures`-th failure in a row (from 1 on): between half of the doubled time and all of it,
 * so that those that failed together don't come again together.
 */
export function backoffMs({ firstMs, maxMs }: Backoff, failures: number, random: Random): number {
  const fullMs = Math.min(maxMs, firstMs * 2 ** (failures - 1))
  return fullMs / 2 + (fullMs / 2) * random()
}
