import type { Aggregate } from './aggregate.ts'
import { addPair, COUNT, mergeMoments, MOMENT_WORDS, slopeOf } from './co-moments.ts'

/** Times are taken from the first one that came, so that little of them is rounded away. */
const ORIGIN = MOMENT_WORDS / 2

/** Least-squares slope over event time, per second; NaN when no time has passed. */
export const trend: Aggregate = {
  words: MOMENT_WORDS + 2,
  add({ f64 }, at, value, time) {
    const i = at >>> 1
    if (f64[i + COUNT] === 0) f64[i + ORIGIN] = time
    addPair(f64, i, (time - f64[i + ORIGIN]) / 1000, value)
  },
  merge({ f64 }, at, from, fromAt) {
    const i = at >>> 1
    const j = fromAt >>> 1
    if (from.f64[j + COUNT] === 0) return
    if (f64[i + COUNT] === 0) f64[i + ORIGIN] = from.f64[j + ORIGIN]
    mergeMoments(f64, i, from.f64, j, (from.f64[j + ORIGIN] - f64[i + ORIGIN]) / 1000)
  },
  result: ({ f64 }, at) => slopeOf(f64, at >>> 1),
}
