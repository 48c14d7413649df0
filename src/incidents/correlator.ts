/**
 * Puts anomalies together that are close in time and space. An anomaly belongs to an earlier one of its group when both are
 * of one device, or when they are in the same or adjoining cells and at most `within` apart; to those of an incident that
 * is open also later than that. What belongs together through any number of steps is a cluster, and a cluster of enough
 * devices is an incident. A cluster that is none is over when nothing has come for so long that nothing can belong to it.
 *
 * The work for an anomaly is nine cells and a step of union-find, however many there are. All times are event times; what
 * comes of a sequence of calls depends on nothing else.
 */
import { deviceIdOf } from '../core/ids.ts'
import { Cluster, type Group, isOlder, type Member, rootOf, worst } from './cluster.ts'
import type {
  Anomaly,
  CorrelatorCounts,
  CorrelatorListener,
  CorrelatorOptions,
  Ending,
} from './correlation.ts'
import { DueQueue } from './due-queue.ts'
import { GeohashGrid } from './geohash-grid.ts'
import { Graves } from './graves.ts'
import { Members } from './members.ts'
import { admit, recovered, renew } from './membership.ts'
import { RunsByCell } from './runs-by-cell.ts'

/** So many of what is over are let go of in each step of time. */
const SWEEP = 20_000
const MAKE_ROOM_TRIES = 64
/** Key of the only group where nothing need be in common. */
const ALL = '[]'

export class Correlator {
  readonly options: CorrelatorOptions
  readonly grid: GeohashGrid
  readonly #listener: CorrelatorListener
  readonly #groups = new Map<string, Group>()
  readonly #members = new Members()
  readonly #runs: RunsByCell
  readonly #graves: Graves
  /** Clusters that are no incident, by when they are over at the earliest. */
  readonly #candidates = new DueQueue<Cluster>()
  readonly #incidents = new Set<Cluster>()
  /** Changed since `takeDirty`. */
  #dirty = new Set<Cluster>()
  #unplaced = 0
  #untracked = 0
  /** What is opened now comes from before the engine's last end. */
  isReplaying = false

  constructor(options: CorrelatorOptions, listener: CorrelatorListener) {
    this.options = options
    this.grid = new GeohashGrid(options.near)
    this.#runs = new RunsByCell(this.grid, { withinMs: options.withinMs, most: options.maxTracked })
    this.#listener = listener
    this.#graves = new Graves({
      removeMember: (member) => this.#members.remove(member),
      removeRun: () => this.#runs.removed(),
      swept: ({ group }) => this.#forgetGroup(group),
    })
  }

  get counts(): CorrelatorCounts {
    return { tracked: this.#members.size, unplaced: this.#unplaced, untracked: this.#untracked }
  }

  /** Clusters that are incidents now. */
  get incidents(): ReadonlySet<Cluster> {
    return this.#incidents
  }

  /** Incidents that have changed since the last call. */
  takeDirty(): Cluster[] {
    const dirty = [...new Set([...this.#dirty].map(rootOf))]
    this.#dirty = new Set()
    return dirty.filter((cluster) => this.#incidents.has(cluster))
  }

  /** What the device's anomalies belong to. */
  of(device: number): Cluster[] {
    return this.#members.of(device).map(({ cluster }) => rootOf(cluster))
  }

  /** The series has an anomalous reading. Returns what that counts for; undefined when it has no place. */
  take(anomaly: Anomaly): Cluster | undefined {
    const { device, time, lat, lon } = anomaly
    const cell = this.grid.cellOf(lat, lon)
    if (cell === undefined) {
      this.#unplaced++
      return undefined
    }
    const group = this.group(anomaly.group)
    const known = this.#members.find(device, group)
    if (known === undefined && this.#isFull()) this.#makeRoom()
    let cluster = known && rootOf(known.cluster)
    for (const other of this.#runs.touched(group, cell, time))
      cluster = cluster === undefined ? rootOf(other) : this.#join(cluster, rootOf(other))
    cluster ??= this.#begin(group, cell, time)
    this.#count(cluster, cell, anomaly)
    this.#takeMember(cluster, known, anomaly)
    this.#runs.extend(cluster, cell, time)
    if (cluster.identity !== undefined) this.#dirty.add(cluster)
    else if (cluster.members.length >= this.options.minMembers) this.#open(cluster)
    return cluster
  }

  /** The group's dimensions are not known of it. */
  skip(): void {
    this.#unplaced++
  }

  /** The series is normal again. */
  recover(device: number, metric: number, time: number): void {
    for (const member of this.#members.of(device)) {
      const cluster = recovered(member, metric, time)
      if (cluster?.identity !== undefined) this.#dirty.add(cluster)
    }
  }

  /** Time has come this far: ends what is over. */
  advance(now: number): void {
    const { quietMs, silenceMs } = this.options
    while (this.#candidates.due < now) this.#revisit()
    for (const cluster of this.#incidents) {
      const { last, calmSince, abnormal } = cluster
      const since = Math.max(last, calmSince)
      if (abnormal === 0 && cluster.untracked === 0 && since + quietMs <= now) this.#end(cluster, 'quiet')
      else if (since + silenceMs <= now) this.#end(cluster, 'silent')
    }
    this.#graves.sweep(SWEEP)
  }

  /** Clusters that are not over. */
  *alive(): Generator<Cluster> {
    for (const { clusters } of this.#groups.values()) yield* clusters
  }

  /** Takes over a cluster of an earlier process, with its members and runs. */
  restore(cluster: Cluster): void {
    cluster.group.clusters.add(cluster)
    for (const member of cluster.members) this.#members.add(member)
    for (const run of cluster.runs) this.#runs.place(run)
    if (cluster.identity === undefined) this.#candidates.push(this.#due(cluster), cluster)
    else this.#incidents.add(cluster)
  }

  /** The group with these values. */
  group(values: Readonly<Record<string, string>>): Group {
    const key = this.options.by.length === 0 ? ALL : JSON.stringify(Object.values(values))
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group: Group = { key, values, cells: new Map(), clusters: new Set() }
    this.#groups.set(key, group)
    return group
  }

  #forgetGroup({ key, cells, clusters }: Group): void {
    if (cells.size === 0 && clusters.size === 0) this.#groups.delete(key)
  }

  #begin(group: Group, cell: number, time: number): Cluster {
    const cluster = new Cluster(group)
    cluster.cell = cell
    cluster.last = time
    group.clusters.add(cluster)
    this.#candidates.push(this.#due(cluster), cluster)
    return cluster
  }

  #join(a: Cluster, b: Cluster): Cluster {
    if (a === b) return a
    const [root, other] = a.members.length >= b.members.length ? [a, b] : [b, a]
    if (a.identity !== undefined && b.identity !== undefined) {
      const [kept, gone] = isOlder(a.identity, b.identity) ? [a, b] : [b, a]
      this.#listener.merging(gone, kept)
    }
    const joined = joining(a, b)
    if (this.#incidents.delete(other)) this.#incidents.add(root)
    root.absorb(other, this.options.listedMembers)
    if (joined.length > 0) this.#listener.joined(joined)
    if (root.identity !== undefined) this.#dirty.add(root)
    return root
  }

  #count(cluster: Cluster, cell: number, { time, severity }: Anomaly): void {
    if (time < cluster.first) cluster.cell = cell
    cluster.first = Math.min(cluster.first, time)
    cluster.last = Math.max(cluster.last, time)
    cluster.severity = worst(cluster.severity, severity)
    cluster.anomalies++
  }

  #takeMember(cluster: Cluster, known: Member | undefined, anomaly: Anomaly): void {
    const { listedMembers, maxTracked } = this.options
    if (known !== undefined) renew(cluster, known, anomaly, listedMembers)
    else if (this.#members.size < maxTracked) this.#members.add(admit(cluster, anomaly, listedMembers))
    else {
      cluster.untracked++
      this.#untracked++
    }
  }

  #open(cluster: Cluster): void {
    const { name, near, maxOpen } = this.options
    cluster.identity = {
      id: idOf(name, cluster),
      openedAt: cluster.last,
      place: near === 0 ? null : this.grid.text(cluster.cell),
      merged: [],
      replayed: this.isReplaying,
    }
    this.#incidents.add(cluster)
    this.#listener.opened(cluster)
    this.#listener.joined(cluster.members)
    if (this.#incidents.size > maxOpen) this.#evictIncident(cluster)
  }

  /** The one that was quiet longest gives way. */
  #evictIncident(except: Cluster): void {
    let quietest: Cluster | undefined
    for (const cluster of this.#incidents)
      if (cluster !== except && (quietest === undefined || cluster.last < quietest.last)) quietest = cluster
    if (quietest !== undefined) this.#end(quietest, 'evicted')
  }

  #end(cluster: Cluster, reason: Ending): void {
    this.#listener.ended(cluster, reason)
    this.#incidents.delete(cluster)
    this.#graves.bury(cluster)
  }

  #due({ last }: Cluster): number {
    return last + this.options.withinMs + this.options.latenessMs
  }

  /** The first candidate is over, unless something has come since it was put in its place, or it is none any more. */
  #revisit(): void {
    const { due } = this.#candidates
    const cluster = this.#candidates.pop()
    if (cluster === undefined || cluster.into !== undefined || cluster.identity !== undefined) return
    if (this.#due(cluster) > due) this.#candidates.push(this.#due(cluster), cluster)
    else this.#graves.bury(cluster)
  }

  #isFull(): boolean {
    return this.#members.size >= this.options.maxTracked || this.#runs.isFull
  }

  /** What is over is let go of; if that is not enough, a cluster that is no incident and was quiet longest. */
  #makeRoom(): void {
    this.#graves.sweep(SWEEP)
    for (let i = 0; this.#isFull() && this.#candidates.size > 0 && i < MAKE_ROOM_TRIES; i++) {
      this.#revisit()
      this.#graves.sweep(SWEEP)
    }
  }
}

/** By what is first of it: the same anomalies make the same id. */
function idOf(correlation: string, { group, listed: [{ device, onset }] }: Cluster): string {
  const place = [Math.floor(onset), device, ...(group.key === ALL ? [] : [deviceIdOf(group.key)])]
  return [correlation, ...place.map((number) => number.toString(36))].join('-')
}

/** Who becomes a member of an incident when the two become one. */
function joining(a: Cluster, b: Cluster): readonly Member[] {
  if ((a.identity === undefined) === (b.identity === undefined)) return []
  return [...(a.identity === undefined ? a : b).members]
}
