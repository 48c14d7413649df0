/** Words that scenarios and results share. */
import type { ScalingAlertKind } from '../core/scaling.ts'

export const SCALING_ALERTS = [
  'at-ceiling',
  'flapping',
  'forecast-degraded',
  'target-unreachable',
] as const satisfies readonly ScalingAlertKind[]

/** What becomes of planned operations, the worst first. */
export const OPERATION_OUTCOMES = [
  'failed',
  'canceled',
  'refused',
  'rescheduled',
  'moved',
  'succeeded',
] as const
export type OperationOutcome = (typeof OPERATION_OUTCOMES)[number] | 'unfinished'

/** Readings by what they wait in, in the order in which they are served: anomaly events, then the tiers. */
export const TRACKS = ['events', 'critical', 'premium', 'standard', 'bulk'] as const
export const TRACK_COUNT = TRACKS.length
/** Track of a tier's readings: events come before all. */
export const trackOf = (tier: number): number => tier + 1
