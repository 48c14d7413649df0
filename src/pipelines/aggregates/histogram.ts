import type { Aggregate } from './aggregate.ts'

/** Counts between ascending bounds: below the first, from each one up to the next, from the last one on. */
export function histogram(bounds: readonly number[]): Aggregate {
  const bins = bounds.length + 1
  const binOf = (value: number): number => {
    let low = 0
    let high = bounds.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (value < bounds[middle]) high = middle
      else low = middle + 1
    }
    return low
  }
  return {
    words: bins + (bins & 1),
    add({ u32 }, at, value) {
      u32[at + binOf(value)]++
    },
    merge({ u32 }, at, from, fromAt) {
      for (let bin = 0; bin < bins; bin++) u32[at + bin] += from.u32[fromAt + bin]
    },
    result: ({ u32 }, at) => [...u32.subarray(at, at + bins)],
  }
}
