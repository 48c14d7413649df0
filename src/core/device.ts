import type { Tier } from './tiers.ts'

/** What the registry knows of a device. */
export interface Device {
  readonly name: string
  /** 48-bit id derived from the name. */
  readonly id: number
  readonly tier: Tier
  /** Home region by name; '' = found from its position. */
  readonly region: string
  readonly tenant: string
  /** Degrees; null = not given. */
  readonly lat: number | null
  readonly lon: number | null
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** What may be said of a device when it is registered; the rest comes from name rules and defaults. */
export type DeviceProperties = Partial<Omit<Device, 'name' | 'id'>>

/** An entry of the metrics dictionary. */
export interface Metric {
  readonly name: string
  readonly id: number
  readonly unit: string
}

/** How a metric's anomalies are told: |z| over `threshold` standard deviations in `direction`. */
export interface AnomalyRule {
  readonly threshold: number
  readonly direction: 'both' | 'high' | 'low'
  /** Deviations smaller than this count as this (same unit as the metric). */
  readonly minDeviation: number
}
