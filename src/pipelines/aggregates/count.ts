import type { Aggregate } from './aggregate.ts'

/** Values that are there. */
export const count: Aggregate = {
  words: 2,
  add({ f64 }, at) {
    f64[at >>> 1] += 1
  },
  addRun({ f64 }, at, _run, count) {
    f64[at >>> 1] += count
  },
  merge({ f64 }, at, from, fromAt) {
    f64[at >>> 1] += from.f64[fromAt >>> 1]
  },
  result: ({ f64 }, at) => f64[at >>> 1],
}
