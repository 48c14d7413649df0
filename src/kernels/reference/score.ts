import { PHASE_CONTINUING, PHASE_RAISED, PHASE_RECOVERED } from '../../memory/layout/lanes.layout.ts'
import { DIRECTION_HIGH, DIRECTION_LOW } from '../../memory/layout/map.layout.ts'
import { MAX_SCORE, SCORE_SCALE } from '../../memory/layout/reading.layout.ts'

/** Twin of asm/score.ts: what is remembered of a series' values, and how unusual the next one is. */
export interface Statistics {
  mean: number
  variance: number
  count: number
  abnormal: boolean
  /** Readings back to normal in a row. */
  calm: number
}

export interface MetricRule {
  readonly threshold: number
  readonly minDeviation: number
  /** DIRECTION_HIGH | DIRECTION_LOW. */
  readonly direction: number
}

export interface ScoreRule {
  readonly warmup: number
  readonly clearAfter: number
  readonly clearRatio: number
  /** Weight of the n-th reading; the last one is that of all later ones. */
  readonly gains: readonly number[]
}

const MAX_VARIANCE = 1e300
const MAX_COUNT = 0xffffffff

export const newStatistics = (): Statistics => ({ mean: 0, variance: 0, count: 0, abnormal: false, calm: 0 })

/** Standard deviations that `value` lies above the mean. */
export function scoreOf({ mean, variance }: Statistics, { minDeviation }: MetricRule, value: number): number {
  return (value - mean) / Math.sqrt(Math.max(variance, minDeviation * minDeviation))
}

/** PHASE_RAISED, PHASE_CONTINUING, PHASE_RECOVERED, or 0: nothing to tell. */
export function phaseOf(past: Statistics, metric: MetricRule, rule: ScoreRule, score: number): number {
  if (past.count < rule.warmup) return 0
  if (isAnomaly(metric, score)) return past.abnormal ? PHASE_CONTINUING : PHASE_RAISED
  const recovers = past.abnormal && isCalm(metric, rule, score) && past.calm + 1 >= rule.clearAfter
  return recovers ? PHASE_RECOVERED : 0
}

/** The series after a value with this score and phase. */
export function learn(
  past: Statistics,
  metric: MetricRule,
  rule: ScoreRule,
  value: number,
  score: number,
): Statistics {
  const phase = phaseOf(past, metric, rule, score)
  const calmer = past.abnormal && phase === 0 && isCalm(metric, rule, score)
  const abnormal = phase === 0 ? past.abnormal : phase !== PHASE_RECOVERED
  return { ...moved(past, metric, rule, value, score), abnormal, calm: calmer ? past.calm + 1 : 0 }
}

/** Mean, variance and count after the value; a value outside the threshold counts as one on the threshold. */
function moved(
  past: Statistics,
  metric: MetricRule,
  rule: ScoreRule,
  value: number,
  score: number,
): Statistics {
  const clipped = past.count >= rule.warmup && Math.abs(score) > metric.threshold
  const delta = (value - past.mean) * (clipped ? metric.threshold / Math.abs(score) : 1)
  const gain = rule.gains[Math.min(past.count, rule.gains.length - 1)]
  const variance = (1 - gain) * (past.variance + gain * delta * delta)
  if (!(variance < MAX_VARIANCE)) return { ...past, mean: value, variance: 0, count: 1 }
  return { ...past, mean: past.mean + gain * delta, variance, count: Math.min(past.count + 1, MAX_COUNT) }
}

function isAnomaly({ threshold, direction }: MetricRule, score: number): boolean {
  const side = score > 0 ? DIRECTION_HIGH : DIRECTION_LOW
  return Math.abs(score) > threshold && (direction & side) !== 0
}

const isCalm = ({ threshold }: MetricRule, { clearRatio }: ScoreRule, score: number): boolean =>
  Math.abs(score) <= threshold * clearRatio

/** The score as it is kept beside a reading: whole steps of 1/SCORE_SCALE, half to even, saturated; 0 if there is none. */
export function scaledScore(score: number): number {
  if (Number.isNaN(score)) return 0
  const steps = Math.max(-MAX_SCORE, Math.min(MAX_SCORE, score * SCORE_SCALE))
  const below = Math.floor(steps)
  const above = steps - below > 0.5 || (steps - below === 0.5 && below % 2 !== 0)
  return below + (above ? 1 : 0) || 0
}
