import type { Aggregate } from './aggregate.ts'

const TIME = 1
const SEEN = 4

/** The value of the latest time; of several the larger one, so that it doesn't depend on the order that they come in. */
export const last: Aggregate = {
  words: 6,
  add({ u32, f64 }, at, value, time) {
    const i = at >>> 1
    const isLater = time > f64[i + TIME] || (time === f64[i + TIME] && value > f64[i])
    if (isLater || u32[at + SEEN] === 0) {
      f64[i] = value
      f64[i + TIME] = time
      u32[at + SEEN] = 1
    }
  },
  merge(into, at, from, fromAt) {
    const j = fromAt >>> 1
    if (from.u32[fromAt + SEEN] === 1) last.add(into, at, from.f64[j], from.f64[j + TIME])
  },
  result: ({ u32, f64 }, at) => (u32[at + SEEN] === 0 ? NaN : f64[at >>> 1]),
}
