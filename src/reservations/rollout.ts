/** Sizes of waves, and when so much has failed that the rest is not begun. */
import type { AbortRule, Execution, ExecutionStatus, Rollout } from './maintenance.ts'

const ENDED: readonly ExecutionStatus[] = [
  'SUCCEEDED',
  'FAILED',
  'TIMED_OUT',
  'REJECTED',
  'REMOVED',
  'CANCELED',
]
const FAILED: readonly ExecutionStatus[] = ['FAILED', 'TIMED_OUT', 'REJECTED']

export const isEnded = (status: ExecutionStatus): boolean => ENDED.includes(status)

/** Of the wave with this number, from 1 on; at least one. */
export function waveSize({ wave, growth }: Rollout, total: number, number: number): number {
  const first = 'devices' in wave ? wave.devices : wave.share * total
  return Math.max(1, Math.ceil(first * growth ** (number - 1) - ROUNDING))
}

/** Has to be stopped? Those that were removed or called off say nothing of how it goes. */
export function isToBeAborted(rule: AbortRule | null, executions: readonly Execution[]): boolean {
  if (rule === null) return false
  const executed = executions.filter(({ status }) => status === 'SUCCEEDED' || FAILED.includes(status))
  const failed = executed.filter(({ status }) => FAILED.includes(status))
  return (
    executed.length >= rule.minExecuted && failed.length >= rule.share * executed.length && failed.length > 0
  )
}

/** 0.1 × 30 is a little more than 3. */
const ROUNDING = 1e-9
