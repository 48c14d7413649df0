import type { Alert } from './alert.ts'

export type IncidentSeverity = Alert['severity']

/** A device with anomalies in an incident. Times are event times, milliseconds since the epoch. */
export interface IncidentMember {
  /** Registered name, or `#` and the id in hexadecimal. */
  readonly device: string
  /** The metric of its first anomaly. */
  readonly metric: string
  readonly onset: number
  readonly updatedAt: number
  /** Largest |score|. */
  readonly peak: number
  readonly severity: IncidentSeverity
  /** At least one of its series is not normal again. */
  readonly abnormal: boolean
  readonly lat: number | null
  readonly lon: number | null
}

/** Where it may have begun. */
export interface IncidentOrigin {
  readonly device: string
  readonly metric: string
  readonly onset: number
  readonly peak: number
  /** Among the members that are listed, which come to 1 together. */
  readonly likelihood: number
}

/** Anomalies of several devices that belong together. An immutable value: each change makes a new one. */
export interface Incident {
  /** Stable: correlation, and time and device of the first anomaly known when it was opened. */
  readonly id: string
  /** Name of the correlation that put it together. */
  readonly correlation: string
  /** What its members have in common, by dimension. */
  readonly group: Readonly<Record<string, string>>
  readonly state: 'open' | 'ended'
  /** `quiet`: all is normal again; `silent`: nothing was heard any more; `merged`: part of another now; `evicted`: no room. */
  readonly reason: 'quiet' | 'silent' | 'merged' | 'evicted' | null
  readonly severity: IncidentSeverity
  /** First onset of a member. */
  readonly startsAt: number
  /** Latest anomaly. */
  readonly updatedAt: number
  readonly endsAt: number | null
  /** Devices. */
  readonly members: number
  /** Of these, not normal again. */
  readonly abnormal: number
  /** False when devices came for which there was no room: then there are more than `members`. */
  readonly isExact: boolean
  readonly anomalies: number
  /** Devices that joined within the last minute, and the most that ever did. */
  readonly growthPerMinute: number
  readonly peakGrowthPerMinute: number
  /** Geohash of the cell of the first anomaly; null where place is no matter. */
  readonly place: string | null
  /** The likeliest first. */
  readonly origins: readonly IncidentOrigin[]
  /** Incidents that have become part of this one; the latest of them. */
  readonly merged: readonly string[]
  readonly mergedInto: string | null
  /** Opened while the engine took in again what it had accepted before its last end. */
  readonly replayed: boolean
}

/** `merged`: it is part of another now. */
export type IncidentChange = 'opened' | 'updated' | 'merged' | 'ended'

/** Figures since the start, and now. */
export interface IncidentStats {
  readonly open: number
  readonly opened: number
  readonly merged: number
  readonly ended: number
  /** Ended before their time because too many were open. */
  readonly evicted: number
  /** Devices that are watched for what they may belong to, by all correlations. */
  readonly tracked: number
  /** Anomalies that a correlation has no group or place for. */
  readonly unplaced: number
  /** Anomalies of devices for which there was no room. */
  readonly untracked: number
}
