/**
 * Incidents of all correlations, open and ended. It asks what an anomaly has in common with others, hands it to each
 * correlation, and tells of what comes of it: that one has opened, ended or become part of another at once, other changes
 * when time moves on.
 */
import type { Alert } from '../core/alert.ts'
import type { Incident, IncidentChange, IncidentMember, IncidentStats } from '../core/incident.ts'
import { type Cluster, type Member, rootOf } from './cluster.ts'
import type { CorrelatorOptions, Ending } from './correlation.ts'
import { Correlator } from './correlator.ts'
import { type IncidentNames, incidentOf, memberOf } from './incident-view.ts'
import { type KeptCorrelation, keptOf, restoreKept } from './kept-correlation.ts'

/** What anomalies can have in common besides time and place. */
export type Dimension = 'tenant' | 'region' | 'metric' | `attribute:${string}`

export interface Correlation extends CorrelatorOptions {
  readonly by: readonly Dimension[]
  /** Names of the metrics whose anomalies count; none = all. */
  readonly metrics: readonly string[]
}

/** An anomalous reading. */
export interface Sighting {
  readonly device: number
  readonly metric: number
  readonly time: number
  readonly score: number
  readonly severity: Alert['severity']
  readonly region: string
  /** Degrees; NaN = nobody knows. */
  readonly lat: number
  readonly lon: number
}

export interface IncidentBookOptions {
  readonly correlations: readonly Correlation[]
  /** Ended incidents that are kept to be looked at. */
  readonly history: number
  readonly names: IncidentNames
  /** What the device (or the reading) has there; undefined or '' = nothing, so that it has nothing in common with others. */
  /** A device has become a member of an open incident. */
  readonly joined: (member: Pick<Member, 'device' | 'abnormal'>) => void
  readonly valueOf: (sighting: Sighting, dimension: Dimension) => string | undefined
}

export type IncidentListener = (incident: Incident, change: IncidentChange) => void

export interface KeptIncidents {
  readonly correlations: readonly KeptCorrelation[]
  readonly ended: readonly Incident[]
}

export class IncidentBook {
  readonly #options: IncidentBookOptions
  readonly #correlators: readonly Correlator[]
  readonly #listeners = new Set<IncidentListener>()
  /** The newest last. */
  readonly #ended: Incident[] = []
  #now = -Infinity
  #opened = 0
  #merged = 0
  #endings = 0
  #evicted = 0

  constructor(options: IncidentBookOptions) {
    this.#options = options
    this.#correlators = options.correlations.map((correlation) => this.#correlator(correlation))
  }

  /** How far event time has come. */
  get now(): number {
    return this.#now
  }

  get stats(): IncidentStats {
    const counts = this.#correlators.map((correlator) => correlator.counts)
    const sum = (of: (count: (typeof counts)[number]) => number): number =>
      counts.reduce((total, count) => total + of(count), 0)
    return {
      open: this.#correlators.reduce((total, { incidents }) => total + incidents.size, 0),
      ...{ opened: this.#opened, merged: this.#merged, ended: this.#endings, evicted: this.#evicted },
      tracked: sum(({ tracked }) => tracked),
      unplaced: sum(({ unplaced }) => unplaced),
      untracked: sum(({ untracked }) => untracked),
    }
  }

  /** What is opened now comes from before the engine's last end. */
  set isReplaying(isSo: boolean) {
    for (const correlator of this.#correlators) correlator.isReplaying = isSo
  }

  take(sighting: Sighting): void {
    this.#correlators.forEach((correlator, index) => {
      const { by, metrics } = this.#options.correlations[index]
      if (metrics.length > 0 && !metrics.includes(this.#options.names.metric(sighting.metric))) return
      const group = this.#groupOf(sighting, by)
      if (group === undefined) correlator.skip()
      else {
        const { device, metric: of, time, score, severity, lat, lon } = sighting
        correlator.take({ device, metric: of, time, score, severity, lat, lon, group })
      }
    })
  }

  recover(device: number, metric: number, time: number): void {
    for (const correlator of this.#correlators) correlator.recover(device, metric, time)
  }

  /** So many more (or fewer) anomalies of the device: those that a later process will take in again are not kept. */
  recount(device: number, more: number): void {
    for (const correlator of this.#correlators)
      for (const cluster of correlator.of(device)) cluster.anomalies += more
  }

  /** Event time has come this far. */
  advance(now: number): void {
    this.#now = Math.max(this.#now, now)
    for (const correlator of this.#correlators) {
      correlator.advance(this.#now)
      for (const cluster of correlator.takeDirty()) this.#tell(this.#viewOf(correlator, cluster), 'updated')
    }
  }

  /** The open incident that the device is a member of; of several that of the first correlation. */
  incidentOf(device: number): string | undefined {
    for (const correlator of this.#correlators)
      for (const { identity } of correlator.of(device)) if (identity !== undefined) return identity.id
    return undefined
  }

  /** Up to `limit`, those with the latest anomaly first. */
  recent(limit: number, state?: Incident['state']): Incident[] {
    const open = state === 'ended' ? [] : this.open()
    const ended = state === 'open' ? [] : this.#ended
    return [...open, ...ended].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit)
  }

  open(): Incident[] {
    return this.#correlators.flatMap((correlator) =>
      [...correlator.incidents].map((cluster) => this.#viewOf(correlator, cluster)),
    )
  }

  /** With its earliest members while it is open; one that was merged leads to the one that it is part of. */
  find(id: string): { readonly incident: Incident; readonly listed: readonly IncidentMember[] } | undefined {
    for (const correlator of this.#correlators) {
      for (const cluster of correlator.incidents) {
        if (cluster.identity?.id !== id) continue
        const listed = cluster.listed.map((member) => memberOf(member, this.#options.names))
        return { incident: this.#viewOf(correlator, cluster), listed }
      }
    }
    const incident = this.#ended.findLast((ended) => ended.id === id)
    return incident && { incident, listed: [] }
  }

  /** Devices of an open incident, all of them. */
  *devicesOf(id: string): Generator<number> {
    for (const correlator of this.#correlators)
      for (const { identity, members } of correlator.incidents)
        if (identity?.id === id) for (const { device } of members) yield device
  }

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: IncidentListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** What a later process wants to know, as plain data. */
  kept(): KeptIncidents {
    return {
      correlations: this.#correlators.map((correlator) => keptOf(correlator)),
      ended: [...this.#ended],
    }
  }

  /** Takes over what was kept; correlations that are not there any more, or are other ones now, begin anew. */
  restore({ correlations, ended }: KeptIncidents): void {
    this.#ended.push(...ended.slice(-this.#options.history))
    for (const correlator of this.#correlators) {
      const kept = correlations.find(({ name }) => name === correlator.options.name)
      if (kept === undefined) continue
      for (const cluster of restoreKept(correlator, kept)) this.#now = Math.max(this.#now, cluster.last)
    }
  }

  #correlator(correlation: Correlation): Correlator {
    const correlator: Correlator = new Correlator(correlation, {
      opened: (cluster) => {
        this.#opened++
        this.#tell(this.#viewOf(correlator, cluster), 'opened')
      },
      joined: (members) => {
        for (const member of members) this.#options.joined(member)
      },
      merging: (gone, kept) => this.#merge(this.#viewOf(correlator, gone), kept),
      ended: (cluster, reason) => this.#end(this.#viewOf(correlator, cluster), reason),
    })
    return correlator
  }

  #groupOf(sighting: Sighting, by: readonly Dimension[]): Record<string, string> | undefined {
    const group: Record<string, string> = {}
    for (const dimension of by) {
      const value = this.#options.valueOf(sighting, dimension) ?? ''
      if (value === '') return undefined
      group[dimension] = value
    }
    return group
  }

  #merge(gone: Incident, kept: Cluster): void {
    this.#merged++
    const mergedInto = rootOf(kept).identity?.id ?? null
    this.#close({ ...gone, state: 'ended', reason: 'merged', endsAt: gone.updatedAt, mergedInto }, 'merged')
  }

  #end(incident: Incident, reason: Ending): void {
    this.#endings++
    if (reason === 'evicted') this.#evicted++
    this.#close(
      { ...incident, state: 'ended', reason, endsAt: Math.max(this.#now, incident.updatedAt) },
      'ended',
    )
  }

  #close(incident: Incident, change: IncidentChange): void {
    this.#ended.push(incident)
    if (this.#ended.length > this.#options.history) this.#ended.shift()
    this.#tell(incident, change)
  }

  #viewOf({ options: { name, withinMs } }: Correlator, cluster: Cluster): Incident {
    return incidentOf(cluster, { correlation: name, withinMs, now: this.#now }, this.#options.names)
  }

  #tell(incident: Incident, change: IncidentChange): void {
    for (const listener of this.#listeners) listener(incident, change)
  }
}
