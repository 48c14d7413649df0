import type { Random } from '../core/random.ts'
import type { RetryRule } from './maintenance.ts'

/** Before the next attempt: doubled with each, up to half of it taken off so that failures don't come back together. */
export function retryPauseMs({ firstMs, maxMs }: RetryRule, attempt: number, random: Random): number {
  const bound = Math.min(maxMs, firstMs * 2 ** attempt)
  return Math.round(bound / 2 + (bound / 2) * random())
}
