/**
 * Puts anomalies together that are close in time and space. An anomaly belongs to an earlier one of its group when both are
 * of one device, or when they are in the same or adjoining cells and at most `within` apart; to those of an incident that
 * is open also later than that. What belongs together through any number of steps is a cluster, and a cluster of enough
 * devices is an incident. A cluster that is none is over when nothing has come for so long that nothing can belong to it.
 *
 * The work for an anomaly is nine cells and a step of union-find, however many there are. All times are event times; what
 * comes of a sequence of calls depends on nothing else.
 */
import type { Alert } from '../core/alert.ts'
import { deviceIdOf } from '../core/ids.ts'
import { Cluster, type Group, isOlder, type Member, rootOf, type Run, worst } from './cluster.ts'
import { DueQueue } from './due-queue.ts'
import { GeohashGrid } from './geohash-grid.ts'
import { Graves } from './graves.ts'
import { Members } from './members.ts'

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

/** So many of what is over are let go of in each step of time. */
const SWEEP = 20_000
const MAKE_ROOM_TRIES = 64
/** Key of the only group where nothing need be in common. */
const ALL = '[]'
/** Cells whose neighbours are remembered. */
const MAX_AROUND = 4096

export class Correlator {
  readonly options: CorrelatorOptions
  readonly grid: GeohashGrid
  readonly #listener: CorrelatorListener
  readonly #groups = new Map<string, Group>()
  readonly #members = new Members()
  readonly #graves: Graves
  /** Clusters that are no incident, by when they are over at the earliest. */
  readonly #candidates = new DueQueue<Cluster>()
  readonly #incidents = new Set<Cluster>()
  /** Changed since `takeDirty`. */
  #dirty = new Set<Cluster>()
  #runs = 0
  readonly #around = new Map<number, readonly number[]>()
  #unplaced = 0
  #untracked = 0
  /** What is opened now comes from before the engine's last end. */
  isReplaying = false

  constructor(options: CorrelatorOptions, listener: CorrelatorListener) {
    this.options = options
    this.grid = new GeohashGrid(options.near)
    this.#listener = listener
    this.#graves = new Graves({
      removeMember: (member) => this.#members.remove(member),
      removeRun: () => this.#runs--,
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
    for (const other of this.#touched(group, cell, time))
      cluster = cluster === undefined ? rootOf(other) : this.#join(cluster, rootOf(other))
    cluster ??= this.#begin(group, cell, time)
    this.#count(cluster, cell, anomaly)
    this.#takeMember(cluster, known, anomaly)
    this.#extend(group, cell, cluster, time)
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
      if (!member.abnormal.includes(metric)) continue
      member.abnormal = member.abnormal.filter((other) => other !== metric)
      if (member.abnormal.length > 0) continue
      const cluster = rootOf(member.cluster)
      cluster.abnormal--
      cluster.calmSince = Math.max(cluster.calmSince, time)
      if (cluster.identity !== undefined) this.#dirty.add(cluster)
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
    for (const run of cluster.runs) this.#place(run)
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

  /** The clusters that an anomaly there and then belongs to. */
  #touched({ cells }: Group, cell: number, time: number): Cluster[] {
    const { withinMs } = this.options
    const touched: Cluster[] = []
    for (const near of this.#cellsAround(cell)) {
      for (const { cluster, first, last } of cells.get(near) ?? []) {
        const root = rootOf(cluster)
        if (root.isDead || time < first - withinMs) continue
        if (root.identity !== undefined || time <= last + withinMs) touched.push(root)
      }
    }
    return touched
  }

  #cellsAround(cell: number): readonly number[] {
    let around = this.#around.get(cell)
    if (around !== undefined) return around
    if (this.#around.size >= MAX_AROUND) this.#around.clear()
    around = this.grid.around(cell)
    this.#around.set(cell, around)
    return around
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
    if (known !== undefined) this.#updateMember(cluster, known, anomaly)
    else if (this.#members.size < this.options.maxTracked) this.#addMember(cluster, anomaly)
    else {
      cluster.untracked++
      this.#untracked++
    }
  }

  #addMember(cluster: Cluster, anomaly: Anomaly): void {
    const { device, metric, time, score, severity, lat, lon } = anomaly
    // one literal: there may be a hundred thousand in a minute
    const member: Member = {
      device,
      group: cluster.group,
      cluster,
      metric,
      lat,
      lon,
      onset: time,
      last: time,
      peak: Math.abs(score),
      severity,
      abnormal: [metric],
      next: undefined,
    }
    this.#members.add(member)
    cluster.members.push(member)
    cluster.abnormal++
    cluster.growth.add(time)
    cluster.list(member, this.options.listedMembers)
  }

  #updateMember(cluster: Cluster, member: Member, { metric, time, score, severity }: Anomaly): void {
    if (member.abnormal.length === 0) cluster.abnormal++
    if (!member.abnormal.includes(metric)) member.abnormal = [...member.abnormal, metric]
    member.last = Math.max(member.last, time)
    member.peak = Math.max(member.peak, Math.abs(score))
    member.severity = worst(member.severity, severity)
    if (time >= member.onset) return
    member.onset = time
    cluster.relist(member, this.options.listedMembers)
  }

  /** Notes that the cluster has an anomaly there and then: runs that are one by that become one. */
  #extend({ cells }: Group, cell: number, cluster: Cluster, time: number): void {
    const { withinMs } = this.options
    const isTouched = (run: Run): boolean =>
      rootOf(run.cluster) === cluster &&
      time >= run.first - withinMs &&
      (cluster.identity !== undefined || time <= run.last + withinMs)
    const [run, ...others] = (cells.get(cell) ?? []).filter(isTouched)
    if (run === undefined) return this.#addRun(cluster, cell, time)
    run.first = Math.min(run.first, time)
    run.last = Math.max(run.last, time)
    for (const other of others) {
      run.first = Math.min(run.first, other.first)
      run.last = Math.max(run.last, other.last)
    }
    if (others.length > 0) this.#dropRuns(cells, cell, others)
  }

  #addRun(cluster: Cluster, cell: number, time: number): void {
    if (this.#runs >= this.options.maxTracked) return
    const run: Run = { group: cluster.group, cell, cluster, first: time, last: time, isGone: false }
    cluster.runs.push(run)
    this.#place(run)
  }

  #place(run: Run): void {
    const { cells } = run.group
    const runs = cells.get(run.cell)
    if (runs === undefined) cells.set(run.cell, [run])
    else runs.push(run)
    this.#runs++
  }

  #dropRuns(cells: Group['cells'], cell: number, gone: readonly Run[]): void {
    for (const run of gone) run.isGone = true
    cells.set(
      cell,
      (cells.get(cell) ?? []).filter(({ isGone }) => !isGone),
    )
    this.#runs -= gone.length
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
    const { maxTracked } = this.options
    return this.#members.size >= maxTracked || this.#runs >= maxTracked
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
