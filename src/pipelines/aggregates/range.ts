import type { Aggregate } from './aggregate.ts'
import { max } from './max.ts'
import { min } from './min.ts'

/** Largest less smallest value. */
export const range: Aggregate = {
  words: min.words + max.words,
  add(arena, at, value, time) {
    min.add(arena, at, value, time)
    max.add(arena, at + min.words, value, time)
  },
  addRun(arena, at, run, count) {
    min.addRun?.(arena, at, run, count)
    max.addRun?.(arena, at + min.words, run, count)
  },
  merge(into, at, from, fromAt) {
    min.merge(into, at, from, fromAt)
    max.merge(into, at + min.words, from, fromAt + min.words)
  },
  result: (arena, at) => (max.result(arena, at + min.words) as number) - (min.result(arena, at) as number),
}
