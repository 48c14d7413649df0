/** Between how many units the pool may be at an instant, and what says so. */
import { unitsWithin } from './cost-model.ts'
import type { PolicyOptions } from './policy-options.ts'
import type { ScheduledBounds } from './schedule.ts'

export interface Bounds {
  readonly min: number
  readonly max: number
  /** What sets the maximum. */
  readonly maxBy: 'max' | 'cost-ceiling' | 'schedule'
}

/** The maximum wins: neither a schedule nor a minimum costs more than the ceiling allows. */
export function boundsOf(options: PolicyOptions, scheduled: ScheduledBounds): Bounds {
  const affordable = unitsWithin(options.cost)
  const max = Math.min(options.max, affordable, scheduled.max)
  const maxBy = max === options.max ? 'max' : max === affordable ? 'cost-ceiling' : 'schedule'
  return { min: Math.min(max, options.min), max, maxBy }
}

export const clamp = (units: number, { min, max }: Bounds): number => Math.min(max, Math.max(min, units))
