import type { Aggregate } from './aggregate.ts'
import { addRunToSum, addToSum, mergeSum, SUM_WORDS, sumOf } from './sum.ts'

const COUNT = SUM_WORDS / 2

export const mean: Aggregate = {
  words: SUM_WORDS + 2,
  add({ f64 }, at, value) {
    addToSum(f64, at >>> 1, value)
    f64[(at >>> 1) + COUNT] += 1
  },
  addRun({ f64 }, at, run, count) {
    addRunToSum(f64, at >>> 1, run, count)
    f64[(at >>> 1) + COUNT] += count
  },
  merge({ f64 }, at, from, fromAt) {
    mergeSum(f64, at >>> 1, from.f64, fromAt >>> 1)
    f64[(at >>> 1) + COUNT] += from.f64[(fromAt >>> 1) + COUNT]
  },
  result: ({ f64 }, at) => sumOf(f64, at >>> 1) / f64[(at >>> 1) + COUNT],
}
