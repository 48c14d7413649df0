import type { Aggregate } from './aggregate.ts'

const SEEN = 2

/** The largest value. */
export const max: Aggregate = {
  words: 4,
  add({ u32, f64 }, at, value) {
    const i = at >>> 1
    if (value > f64[i] || u32[at + SEEN] === 0) {
      f64[i] = value
      u32[at + SEEN] = 1
    }
  },
  addRun({ u32, f64 }, at, { f64: values }, count) {
    const i = at >>> 1
    let best = u32[at + SEEN] === 0 ? values[0] : f64[i]
    for (let k = 0; k < count; k++) if (values[k] > best) best = values[k]
    f64[i] = best
    u32[at + SEEN] = 1
  },
  merge(into, at, from, fromAt) {
    if (from.u32[fromAt + SEEN] === 1) max.add(into, at, from.f64[fromAt >>> 1], 0)
  },
  result: ({ u32, f64 }, at) => (u32[at + SEEN] === 0 ? NaN : f64[at >>> 1]),
}
