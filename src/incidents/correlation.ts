/** What a correlation is told, what is to be set of it, and what it tells. */
import type { Alert } from '../core/alert.ts'
import type { Cluster, Member } from './cluster.ts'

/** An anomalous reading, and what it has in common with others. */
export interface Anomaly {
  readonly device: number
  readonly metric: number
  readonly time: number
  readonly score: number
  readonly severity: Alert['severity']
  /** Degrees; NaN = nobody knows. */
  readonly lat: number
  readonly lon: number
  /** By dimension. */
  readonly group: Readonly<Record<string, string>>
}

export interface CorrelatorOptions {
  readonly name: string
  /** Dimensions of a group. */
  readonly by: readonly string[]
  /** Characters of the geohashes whose cells are neighbours; 0 = place is no matter. */
  readonly near: number
  readonly withinMs: number
  /** Devices that make an incident. */
  readonly minMembers: number
  /** It ends when all has been normal for so long. */
  readonly quietMs: number
  /** It ends when nothing has been heard for so long. */
  readonly silenceMs: number
  /** Anomalies may come this much out of order. */
  readonly latenessMs: number
  /** Devices that are watched, and places. */
  readonly maxTracked: number
  readonly listedMembers: number
  readonly maxOpen: number
}

export type Ending = 'quiet' | 'silent' | 'evicted'

/** Told at once, while everything is as it was when it happened. */
export interface CorrelatorListener {
  opened(cluster: Cluster): void
  /** These belong to an incident from now on; of one that is opened all. */
  joined(members: readonly Member[]): void
  /** `gone` is about to become part of `kept`. */
  merging(gone: Cluster, kept: Cluster): void
  ended(cluster: Cluster, reason: Ending): void
}

export interface CorrelatorCounts {
  tracked: number
  unplaced: number
  untracked: number
}
