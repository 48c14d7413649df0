import type { Band } from '../definition/rule-spec.ts'

/** What a reading says of a rule: its condition holds, is over, or neither (between the two limits of a hysteresis). */
export const HOLDS = 1
export const BETWEEN = 0
export const OVER = -1
export type Verdict = typeof HOLDS | typeof BETWEEN | typeof OVER

export function verdictOf({ above, below, hysteresis }: Band, x: number): Verdict {
  if ((above !== undefined && x > above) || (below !== undefined && x < below)) return HOLDS
  const isBack =
    (above === undefined || x <= above - hysteresis) && (below === undefined || x >= below + hysteresis)
  // NaN is neither
  return isBack ? OVER : BETWEEN
}
