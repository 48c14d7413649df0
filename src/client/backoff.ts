import type { Random } from '../core/random.ts'

/**
 * Exponential backoff with full jitter (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015):
 * anything from nothing to the bound, which doubles with each attempt (0, 1, …). Many clients that failed together
 * don't come back together.
 */
export const fullJitter = (baseMs: number, maxMs: number, attempt: number, random: Random): number =>
  random() * Math.min(maxMs, baseMs * 2 ** attempt)
