/** What a day of a pool came to. Sums, so that days can go on after a restart. */
export interface DaySums {
  readonly day: string
  readonly pool: string
  seconds: number
  /** Readings that wanted in. */
  demand: number
  peak: number
  /** Unit-seconds: that were there, that demand used, and that were there beyond what was needed with headroom. */
  paid: number
  used: number
  waste: number
  overloadedSeconds: number
  refused: number
  cost: number
  currency: string
  changes: number
  forecastOff: number
  forecastCame: number
}

/** A day as it is shown. Shares are of 1. */
export interface DayReport {
  /** UTC, such as 2026-11-21. */
  readonly day: string
  readonly pool: string
  readonly hours: number
  /** Readings per second, mean and highest. */
  readonly meanDemand: number
  readonly peakDemand: number
  readonly meanUnits: number
  readonly unitHours: number
  /** Share of the units that the demand used. */
  readonly utilisation: number
  /** Share of the units that was there beyond need and headroom. */
  readonly waste: number
  readonly overloadedSeconds: number
  readonly refused: number
  readonly cost: number
  readonly currency: string
  /** Weighted absolute percentage error at the lead time; null = nothing was forecast. */
  readonly forecastError: number | null
  /** Decisions that changed the size. */
  readonly changes: number
}

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10)

export const emptyDay = (day: string, pool: string): DaySums => ({
  ...{ day, pool, seconds: 0, demand: 0, peak: 0, paid: 0, used: 0, waste: 0, overloadedSeconds: 0 },
  ...{ refused: 0, cost: 0, currency: '', changes: 0, forecastOff: 0, forecastCame: 0 },
})

export const reportOf = (sums: DaySums): DayReport => ({
  ...{ day: sums.day, pool: sums.pool, hours: sums.seconds / 3600 },
  ...{ meanDemand: share(sums.demand, sums.seconds), peakDemand: sums.peak },
  ...{ meanUnits: share(sums.paid, sums.seconds), unitHours: sums.paid / 3600 },
  ...{ utilisation: share(sums.used, sums.paid), waste: share(sums.waste, sums.paid) },
  ...{
    overloadedSeconds: sums.overloadedSeconds,
    refused: sums.refused,
    cost: sums.cost,
    currency: sums.currency,
  },
  forecastError: sums.forecastCame === 0 ? null : sums.forecastOff / sums.forecastCame,
  changes: sums.changes,
})

const share = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole)
