import type { Tier } from './tiers.ts'

/** The tier of some devices was raised for a time, or is their own again. */
export interface Escalation {
  readonly kind: 'raised' | 'ended'
  readonly rule: string
  /** That they were raised to. */
  readonly tier: Tier
  /** Whose anomaly was the reason; '' at the end. */
  readonly device: string
  /** How many by this. */
  readonly devices: number
  /** How many are raised now, by all rules. */
  readonly raised: number
}

/** A device whose tier is raised. */
export interface RaisedDevice {
  readonly device: string
  /** Its own. */
  readonly own: Tier
  readonly tier: Tier
  readonly rule: string
  /** Milliseconds until it has its own again. */
  readonly leftMs: number
}

/** Figures since the start, and now. */
export interface EscalationStats {
  /** Devices raised now, and how many may be. */
  readonly raised: number
  readonly limit: number
  /** Anomalies that raised devices, and devices that were. */
  readonly escalations: number
  readonly devices: number
  /** Anomalies for which not all could be raised. */
  readonly limited: number
  /** Devices whose tier was set by a person meanwhile, which counts. */
  readonly yielded: number
}
