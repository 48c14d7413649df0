/** What the API of scaling takes and tells, and what outlives the process. */
import type { ForecastAccuracy, SeriesDemand } from '../../core/scaling.ts'
import type { DayReport } from '../../scaling/report/day.ts'
import type { TimelinePoint } from '../../scaling/report/timeline.ts'
import type { ScaledPoolState } from '../../scaling/scaled-pool.ts'
import type { KeptScaling } from '../../scaling/scaling-loop.ts'
import type { DegradationState } from './degradation.ts'

/** What outlives the process. */
export interface KeptCapacity extends KeptScaling {
  /** What was changed of policies at run time, by pool. */
  readonly changes?: Readonly<Record<string, unknown>>
}

/** What is asked for by hand. */
export interface OverrideRequest {
  readonly pool?: string | undefined
  readonly units: number
  /** It ends then, milliseconds since the epoch; never, when neither this nor `forMs` is given. */
  readonly until?: number | undefined
  readonly forMs?: number | undefined
  readonly by?: string | undefined
  readonly comment?: string | undefined
}

/** A pool, and what of its policy was changed at run time; null = it is as configured. */
export interface PoolState extends ScaledPoolState {
  readonly changes: unknown
}

/** The document of `GET /v1/scaling`. */
export interface ScalingState {
  readonly enabled: boolean
  readonly pools: readonly PoolState[]
  /** By tier and region, of those that have had some. */
  readonly demand: readonly SeriesDemand[]
  readonly accuracy: ForecastAccuracy
  readonly degradation: DegradationState
}

/** What an autoscaler that comes and asks is told. */
export interface DesiredUnits {
  readonly pool: string
  readonly desired: number
  readonly ready: number
  readonly demand: number
}

/** The document of `GET /v1/scaling/report`. */
export interface ScalingReport {
  readonly pool: string
  /** The earliest first. */
  readonly days: readonly DayReport[]
  /** Minute by minute, the latest two days. */
  readonly timeline: readonly TimelinePoint[]
}
