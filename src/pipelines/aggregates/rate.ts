import type { Aggregate } from './aggregate.ts'
import { first } from './first.ts'
import { last } from './last.ts'

/** (last − first) / seconds between them; NaN when no time has passed. For meters, whose values only grow. */
export const rate: Aggregate = {
  words: first.words + last.words,
  add(arena, at, value, time) {
    first.add(arena, at, value, time)
    last.add(arena, at + first.words, value, time)
  },
  merge(into, at, from, fromAt) {
    first.merge(into, at, from, fromAt)
    last.merge(into, at + first.words, from, fromAt + first.words)
  },
  result({ f64 }, at) {
    const i = at >>> 1
    const j = (at + first.words) >>> 1
    const seconds = (f64[j + 1] - f64[i + 1]) / 1000
    return seconds > 0 ? (f64[j] - f64[i]) / seconds : NaN
  },
}
