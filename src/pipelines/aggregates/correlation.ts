import type { PairAggregate } from './aggregate.ts'
import { PRODUCTS, SQUARES_X, SQUARES_Y } from './co-moments.ts'
import { pairedMoments } from './paired-moments.ts'

/** Pearson's coefficient, −1 … 1; NaN when one of the two doesn't vary. */
export const correlation: PairAggregate = {
  ...pairedMoments,
  result({ f64 }, at) {
    const i = at >>> 1
    const spread = Math.sqrt(f64[i + SQUARES_X]) * Math.sqrt(f64[i + SQUARES_Y])
    return spread > 0 ? Math.min(1, Math.max(-1, f64[i + PRODUCTS] / spread)) : NaN
  },
}
