/** What the loop measures with: the engine's counters, or those of a simulation. */
import type { DemandMask } from '../core/scaling.ts'
import type { Tier } from '../core/tiers.ts'

export interface ScalingGauge {
  /** What has happened since it was last asked. */
  read(): ScalingReading
}

export interface ScalingReading {
  /** Readings that wanted in (accepted and refused) by series, in the order of the loop's series. */
  readonly arrivals: Float64Array
  /** Devices that registered or connected. */
  readonly activations: number
  /** Readings that wait now, by tier. */
  readonly backlog: Readonly<Record<Tier, number>>
  /** Readings refused for want of room, by tier. */
  readonly refused: Readonly<Record<Tier, number>>
  readonly processed: number
  /** Time that workers were at work, all together. */
  readonly busyMs: number
  /** Why the demand says nothing of what is usual; null = it does. */
  readonly mask: DemandMask | null
}
