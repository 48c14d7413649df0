import type { Alert } from '../core/alert.ts'
import { Growth } from './growth.ts'

type Severity = Alert['severity']

export const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']

export const worst = (a: Severity, b: Severity): Severity =>
  SEVERITIES.indexOf(a) >= SEVERITIES.indexOf(b) ? a : b

/** What anomalies must have in common: the values of a correlation's dimensions, and what is known of the places there. */
export interface Group {
  readonly key: string
  readonly values: Readonly<Record<string, string>>
  readonly cells: Map<number, Run[]>
  /** Those that are not over, and part of no other. */
  readonly clusters: Set<Cluster>
}

/** A device with anomalies. */
export interface Member {
  readonly device: number
  readonly group: Group
  readonly cluster: Cluster
  /** Of its first anomaly. */
  readonly metric: number
  readonly lat: number
  readonly lon: number
  onset: number
  last: number
  peak: number
  severity: Severity
  /** Metrics that are not normal again. */
  abnormal: readonly number[]
  /** The same device in another group. */
  next: Member | undefined
}

/** Anomalies of a cluster in one cell, each at most `within` after the one before it, as long as it is no incident. */
export interface Run {
  readonly group: Group
  readonly cell: number
  readonly cluster: Cluster
  first: number
  last: number
  /** It has become part of another one. */
  isGone: boolean
}

/** What a cluster has that is large enough for an incident. */
export interface Identity {
  readonly id: string
  readonly openedAt: number
  readonly place: string | null
  /** Incidents that have become part of it; the latest of them. */
  readonly merged: string[]
  readonly replayed: boolean
}

const MAX_MERGED = 100

/**
 * Anomalies that belong together: a node of a union-find forest. Only the root's figures count; members and runs lead to
 * it by way of the cluster that they were made in.
 */
export class Cluster {
  readonly group: Group
  readonly members: Member[] = []
  readonly runs: Run[] = []
  /** The members with the earliest onset, in that order. */
  listed: Member[] = []
  into: Cluster | undefined
  /** It is over; what still leads to it is swept away bit by bit. */
  isDead = false
  identity: Identity | undefined
  anomalies = 0
  untracked = 0
  abnormal = 0
  first = Infinity
  last = -Infinity
  /** When the last member became normal again. */
  calmSince = -Infinity
  severity: Severity = 'low'
  /** Cell of the first anomaly. */
  cell = 0
  growth = new Growth()

  constructor(group: Group) {
    this.group = group
  }

  /** The members become those of `this`; `listed` says how many are listed. */
  absorb(other: Cluster, listed: number): void {
    other.into = this
    other.group.clusters.delete(other)
    for (const member of other.members) this.members.push(member)
    for (const run of other.runs) this.runs.push(run)
    this.listed = merged(this.listed, other.listed).slice(0, listed)
    if (other.first < this.first) this.cell = other.cell
    this.first = Math.min(this.first, other.first)
    this.last = Math.max(this.last, other.last)
    this.calmSince = Math.max(this.calmSince, other.calmSince)
    this.anomalies += other.anomalies
    this.untracked += other.untracked
    this.abnormal += other.abnormal
    this.severity = worst(this.severity, other.severity)
    this.growth.merge(other.growth)
    this.identity = survivor(this.identity, other.identity)
    other.members.length = 0
    other.runs.length = 0
    other.listed = []
  }

  /** Puts the member where it belongs by its onset. */
  list(member: Member, listed: number): void {
    const { listed: list } = this
    if (list.length >= listed && !isBefore(member, list[list.length - 1])) return
    let at = list.length
    while (at > 0 && isBefore(member, list[at - 1])) at--
    list.splice(at, 0, member)
    if (list.length > listed) list.pop()
  }

  /** The member's onset has become an earlier one. */
  relist(member: Member, listed: number): void {
    const at = this.listed.indexOf(member)
    if (at >= 0) this.listed.splice(at, 1)
    this.list(member, listed)
  }
}

/** The cluster that it is part of now. */
export function rootOf(cluster: Cluster): Cluster {
  let root = cluster
  while (root.into !== undefined) root = root.into
  for (let at = cluster; at.into !== undefined;) {
    const next: Cluster = at.into
    at.into = root
    at = next
  }
  return root
}

/** Of two incidents that are one now the one opened earlier stays. */
function survivor(a: Identity | undefined, b: Identity | undefined): Identity | undefined {
  if (a === undefined || b === undefined) return a ?? b
  const [kept, gone] = isOlder(a, b) ? [a, b] : [b, a]
  kept.merged.push(...gone.merged, gone.id)
  kept.merged.splice(0, Math.max(0, kept.merged.length - MAX_MERGED))
  return kept
}

export const isOlder = (a: Identity, b: Identity): boolean =>
  a.openedAt < b.openedAt || (a.openedAt === b.openedAt && a.id < b.id)

const isBefore = (a: Member, b: Member): boolean =>
  a.onset < b.onset || (a.onset === b.onset && a.device < b.device)

function merged(a: readonly Member[], b: readonly Member[]): Member[] {
  const all: Member[] = []
  let i = 0
  let j = 0
  while (i < a.length && j < b.length) all.push(isBefore(b[j], a[i]) ? b[j++] : a[i++])
  return [...all, ...a.slice(i), ...b.slice(j)]
}
