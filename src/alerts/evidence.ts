import type { Evidence } from '../core/alert.ts'
import { finite } from './finite.ts'

/** How it began is kept for good, then the latest. */
const FIRST = 3
const LATEST = 5

export interface Observed {
  readonly time: number
  readonly value: number
  readonly score: number
  readonly mean?: number | null
  readonly deviation?: number | null
}

export const evidenceOf = ({ time, value, score, mean = null, deviation = null }: Observed): Evidence => ({
  time,
  value: finite(value),
  mean: mean === null ? null : finite(mean),
  deviation: deviation === null ? null : finite(deviation),
  score: finite(score),
})

/** One more; of those in the middle none is kept. */
export const withEvidence = (before: readonly Evidence[], latest: Evidence): readonly Evidence[] =>
  before.length < FIRST + LATEST
    ? [...before, latest]
    : [...before.slice(0, FIRST), ...before.slice(FIRST + 1), latest]
