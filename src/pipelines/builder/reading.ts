import type { Tier } from '../../core/tiers.ts'

/**
 * What stages are shown of the stream. In `filter` and `derive` right behind the source it is a view: read its fields, don't
 * keep or spread it (behind any other stage it is an object of its own).
 */
export interface Reading<Metric extends string = string> {
  /** The device's name, or its number as text when nobody has named it. */
  readonly device: string
  /** 48-bit id. */
  readonly deviceId: number
  readonly metric: Metric
  /** Event time, milliseconds since the epoch. */
  readonly time: number
  readonly value: number
  /** Degrees; NaN when the reading gave no position. */
  readonly lat: number
  readonly lon: number
  readonly region: string
  readonly tier: Tier
  /** Standard deviations from the series' running mean. */
  readonly score: number
  /** `device/metric`. */
  readonly series: string
}
