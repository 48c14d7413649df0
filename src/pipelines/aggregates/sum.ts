import type { Aggregate, ValueRun } from './aggregate.ts'

/**
 * Sum and what rounding took from it: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen",
 * ZAMM 54 (1974).
 */
export const SUM_WORDS = 4

export function addToSum(f64: Float64Array, index: number, value: number): void {
  const sum = f64[index]
  const next = sum + value
  f64[index + 1] += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
  f64[index] = next
}

/** `addToSum` of the run's first values: what it reads and writes stays in registers. */
export function addRunToSum(
  f64: Float64Array,
  index: number,
  { f64: values }: ValueRun,
  count: number,
): void {
  let sum = f64[index]
  let lost = f64[index + 1]
  for (let k = 0; k < count; k++) {
    const value = values[k]
    const next = sum + value
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  f64[index] = sum
  f64[index + 1] = lost
}

export function mergeSum(f64: Float64Array, index: number, from: Float64Array, fromIndex: number): void {
  addToSum(f64, index, from[fromIndex])
  f64[index + 1] += from[fromIndex + 1]
}

/** Beyond the finite numbers there is nothing to compensate. */
export function sumOf(f64: Float64Array, index: number): number {
  const sum = f64[index] + f64[index + 1]
  return Number.isNaN(sum) ? f64[index] : sum
}

export const sum: Aggregate = {
  words: SUM_WORDS,
  add({ f64 }, at, value) {
    addToSum(f64, at >>> 1, value)
  },
  addRun({ f64 }, at, run, count) {
    addRunToSum(f64, at >>> 1, run, count)
  },
  merge({ f64 }, at, from, fromAt) {
    mergeSum(f64, at >>> 1, from.f64, fromAt >>> 1)
  },
  result: ({ f64 }, at) => sumOf(f64, at >>> 1),
}
