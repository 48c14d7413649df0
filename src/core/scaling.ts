/**
 * The words of scaling: what forecaster, policy, targets, reservations and simulator tell each other. Capacity is
 * counted in units (a worker of the pool, a node of a cluster); demand in readings per second; times are milliseconds
 * since the epoch unless they end in `Ms` of a duration.
 */
import type { Tier } from './tiers.ts'

/** A kind of demand. */
export interface DemandSeries {
  readonly tier: Tier
  /** Name of the region. */
  readonly region: string
}

/** How much of a kind of demand there is. */
export interface SeriesDemand extends DemandSeries {
  /** Readings per second that wanted in when it was measured last. */
  readonly perSecond: number
  /** Readings that wanted in since scaling began. */
  readonly total: number
}

/** Why a second's demand says nothing of what is usual. */
export type DemandMask = 'outage' | 'maintenance'

/** A second that has ended. */
export interface DemandSecond {
  /** When it began. */
  readonly at: number
  /** Readings that wanted in (accepted and refused) by series, in the order of the series the forecaster was made with. */
  readonly arrivals: Float64Array
  /** Devices that registered or connected in it: they announce demand. */
  readonly activations: number
  /** Null = an ordinary second. */
  readonly mask: DemandMask | null
}

/** How good forecasts were lately: weighted absolute percentage errors at the policy's lead time; NaN = not known yet. */
export interface ForecastAccuracy {
  readonly wape: number
  /** Of "as much as now". */
  readonly naiveWape: number
  /** Of "as much as at this time of the last day" (or week, where that is better). */
  readonly seasonalNaiveWape: number
  /** False while it is worse than doing without, or too little has been seen: then only measured need counts. */
  readonly isTrusted: boolean
}

/** What the demand may be within a time to come. */
export interface DemandForecast {
  /** Highest expected demand, all series together, of any second of the time asked for; readings per second. */
  readonly expected: number
  /** Demand that is not exceeded with the probability asked for. */
  readonly upper: number
  /** Of `expected`, by tier. */
  readonly byTier: Readonly<Record<Tier, number>>
  /** What of it comes from the calendar, in words; '' = nothing. */
  readonly reason: string
}

/** What the policy and the admission of reservations ask a forecaster. */
export interface DemandForecaster {
  readonly series: readonly DemandSeries[]
  observe(second: DemandSecond): void
  /** The highest demand between `from` and `until`, with the `quantile` (0.5 to 0.999) of what may come. */
  forecast(from: number, until: number, quantile: number): DemandForecast
  accuracy(): ForecastAccuracy
}

/** What a target has. `desired` is what it was last asked for as it knows it. */
export interface TargetState {
  readonly desired: number
  /** Units that work now. */
  readonly ready: number
}

/** Something that has a size: a pool of threads, a deployment, a group of machines. */
export interface ScalingTarget {
  readonly name: string
  readonly unit: 'worker' | 'node'
  /** What is wrong with it, in words; '' = nothing. Not there: it doesn't know of itself. */
  readonly problem?: string
  /** Asks for `units`; resolves when the request is taken, not when the units are there. */
  scaleTo(units: number): Promise<void>
  observe(): Promise<TargetState>
  close(): Promise<void>
}

/** Capacity that is set apart for a time, such as for planned maintenance. */
export interface CapacityHold {
  readonly id: string
  readonly from: number
  readonly until: number
  readonly units: number
  /** `operation`: its own work needs the units; `idle`: they are kept free. */
  readonly use: 'operation' | 'idle'
  readonly reason: string
}

/** Asked by the policy, answered by reservations. */
export interface CapacityHolds {
  /** Holds of which at least an instant lies in the time, earliest first. */
  between(from: number, until: number): readonly CapacityHold[]
  /** Told when there are not enough units for all: so many of the hold's are set apart, and why. */
  grant?(id: string, units: number, reason: string): void
}

/** Asked by reservations, answered by scaling: can so much be set apart? */
export interface CapacityOutlook {
  /** Units that can be there at most: the policy's maximum, or what the cost ceiling allows. */
  readonly ceiling: number
  /** Units that the demand needs at most within the time (forecast quantile plus headroom). */
  neededBetween(from: number, until: number): number
}

export type ScalingAlertKind = 'at-ceiling' | 'flapping' | 'forecast-degraded' | 'target-unreachable'

/** One decision of a policy, with everything that led to it. */
export interface ScalingDecision {
  readonly id: number
  readonly at: number
  readonly pool: string
  /** Units before, wanted, and after all limits. */
  readonly from: number
  readonly wanted: number
  readonly to: number
  readonly inputs: ScalingInputs
  readonly forecast: (DemandForecast & { readonly leadMs: number; readonly isTrusted: boolean }) | null
  /** What decided. */
  readonly policy: 'reactive' | 'predictive' | 'schedule' | 'override' | 'reservation' | 'steady'
  /** Limits that changed what was wanted, such as `max`, `cooldown`, `step`, `dead-band`, `cost-ceiling`, `stabilisation`. */
  readonly limits: readonly string[]
  /** In words. */
  readonly reason: string
  /** `dry-run`: nothing was asked for. */
  readonly effect: 'none' | 'asked' | 'failed' | 'dry-run'
}

/** What a tick measures. */
export interface ScalingInputs {
  /** Readings that wanted in during the last second, all tiers. */
  readonly demand: number
  /** Readings that wait, by tier. */
  readonly backlog: Readonly<Record<Tier, number>>
  /** Readings refused for want of room during the last second, by tier. */
  readonly refused: Readonly<Record<Tier, number>>
  /** Readings that one unit does per second when it has enough to do, as measured. */
  readonly serviceRate: number
  /** Share of the time in which units were at work, 0 to 1. */
  readonly utilisation: number
  readonly ready: number
}

/** The figures of `GET /v1/stats` and `GET /metrics` about capacity. */
export interface ScalingStats {
  readonly enabled: boolean
  readonly pools: readonly ScaledPoolStats[]
  /** By tier and region, of those that have had some. */
  readonly demand: readonly SeriesDemand[]
  /** Rungs down the ladder of degraded mode; 0 = everything as usual. */
  readonly degradedRung: number
}

export interface ScaledPoolStats {
  readonly pool: string
  readonly desired: number
  readonly ready: number
  /** Units that there may be at most now. */
  readonly max: number
  /** Readings per second that wanted in. */
  readonly demand: number
  /** Readings per second expected within the lead time, upper quantile; 0 = nothing is forecast. */
  readonly forecast: number
  /** Whether forecasts count: they were better than none lately. */
  readonly isForecastTrusted: boolean
  /** Readings per second that all units could do; 0 = not known yet. */
  readonly capacity: number
  /** Readings per second that a unit does; 0 = not known yet. */
  readonly serviceRate: number
  readonly utilisation: number
  /** Share of the units of today beyond need and headroom. */
  readonly waste: number
  readonly costPerHour: number
  /** Decisions that changed the size, by what decided. */
  readonly decisions: Readonly<Record<string, number>>
}
