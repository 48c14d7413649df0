/**
 * What a pool's policy goes by. Complete, as checked by the configuration or by a change at run time; shares are of 1,
 * times in milliseconds.
 */
import type { CostModel } from './cost-model.ts'
import type { ScheduleOptions } from './schedule.ts'

export interface PolicyOptions {
  readonly min: number
  readonly max: number
  /** Share of the time in which units are to be at work: the rest is headroom. */
  readonly targetUtilisation: number
  /** What waits is to be worked off within this time. */
  readonly drainMs: number
  /** What waits longer than this, or is refused, is met at once: no dead band, no cooldown. */
  readonly urgentWaitMs: number
  /** So much more or less than what is there changes nothing. */
  readonly deadBand: number
  readonly predictive: PredictiveOptions
  readonly scaleOut: StepOptions
  readonly scaleIn: StepOptions & {
    /** The highest need of this time decides. */
    readonly stabilisationMs: number
  }
  readonly cost: CostModel
  readonly schedule: readonly ScheduleOptions[]
  /** Decides and tells, and asks the target for nothing. */
  readonly dryRun: boolean
}

export interface PredictiveOptions {
  readonly enabled: boolean
  /** How far ahead demand is asked for: what the target takes to get ready, and some. */
  readonly leadMs: number
  /** The forecast is exceeded with a probability of 1 − this. */
  readonly quantile: number
  /** Share that is added to the forecast. */
  readonly buffer: number
}

export interface StepOptions {
  /** Most units of one decision; null = any number. */
  readonly step: number | null
  /** Time after a change in which there is none of this kind. */
  readonly cooldownMs: number
}
