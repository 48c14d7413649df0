/** What a policy has chosen, and what for. */
import type { ScalingDecision } from '../../core/scaling.ts'
import type { ScheduledBounds } from './schedule.ts'

export type Choice = Pick<ScalingDecision, 'from' | 'wanted' | 'to' | 'policy' | 'limits' | 'reason'>

/** What the load asks for, and why. */
export interface Demanded {
  readonly reactive: number
  readonly predicted: number
  readonly held: number
  readonly scheduled: ScheduledBounds
  readonly units: number
  readonly policy: 'reactive' | 'predictive' | 'reservation' | 'schedule'
  readonly isUrgent: boolean
}
