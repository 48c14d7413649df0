import type { Random } from '../../core/random.ts'

const LONGEST_MS = 60_000
/** However long a target asks to be left alone. */
const LONGEST_ASKED_MS = 600_000

/**
 * How long to wait before the next attempt: doubled with each failure (0, 1, …), a random half of it taken off so that
 * engines that failed together don't come back together; never less than the target asked for.
 */
export function pauseMs(failures: number, firstMs: number, askedMs: number, random: Random): number {
  const bound = Math.min(LONGEST_MS, firstMs * 2 ** failures)
  const own = bound / 2 + (random() * bound) / 2
  return Math.max(own, Math.min(askedMs, LONGEST_ASKED_MS))
}
