import type { Random } from '../core/random.ts'

const FIRST_MS = 200
const LONGEST_MS = 60_000
/** However long a receiver asks to be left alone. */
const LONGEST_ASKED_MS = 3_600_000

/**
 * How long to wait before the next attempt: doubled with each failure (0, 1, …), a random half of it taken off so that
 * sinks that failed together don't come back together; never less than the receiver asked for.
 */
export function pauseMs(failures: number, askedMs: number, random: Random): number {
  const bound = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 40))
  const own = bound / 2 + (random() * bound) / 2
  return askedMs === 0 ? own : Math.min(askedMs, LONGEST_ASKED_MS) + (random() * FIRST_MS) / 2
}
