import type { PairAggregate } from './aggregate.ts'
import { COUNT, MEAN_X, MEAN_Y, slopeOf } from './co-moments.ts'
import { pairedMoments } from './paired-moments.ts'

/** Least squares: y ≈ slope · x + intercept, over `count` pairs. */
export const regression: PairAggregate = {
  ...pairedMoments,
  result({ f64 }, at) {
    const i = at >>> 1
    const slope = slopeOf(f64, i)
    return { slope, intercept: f64[i + MEAN_Y] - slope * f64[i + MEAN_X], count: f64[i + COUNT] }
  },
}
