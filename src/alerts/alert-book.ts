/**
 * The alerts: their only writer. At most one is open per (rule, series or group): a raise opens it or adds to it, a clear
 * closes it, and time and people do the rest (see LifeCycle). What is open is bounded, and a raise that would go beyond is
 * counted; of the closed the latest are kept. Alerts are immutable values: each change makes a new one and is told to the
 * subscribers.
 */
import type { Acknowledgement, Alert, AlertChange, AlertState } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import { AlertHistory } from './alert-history.ts'
import { type AlertKeeping, type AlertNote, marked, NOTHING_KEPT } from './alert-notes.ts'
import { type AlertPage, type AlertQuery, pageOf } from './alert-query.ts'
import type { AlertStandings } from './alert-tally.ts'
import { type AlertListener, AlertTeller } from './alert-teller.ts'
import {
  type Clear,
  completed,
  openedAlert,
  type Raise,
  resolvedAlert,
  slotOf,
  type Subject,
  updatedAlert,
} from './alert-values.ts'
import type { IncidentOf } from './incident-groups.ts'
import type { AlertedDevice } from './labels.ts'
import { LifeCycle, type LifeCycleOptions } from './life-cycle.ts'
import { OpenAlert } from './open-alert.ts'
import { OpenAlerts } from './open-alerts.ts'

export interface AlertBookOptions {
  readonly clock: Clock
  readonly maxOpen: number
  /** How many closed alerts are kept. */
  readonly history: number
  /** What the registry knows of a device. */
  readonly device: (deviceId: number) => AlertedDevice | undefined
  readonly metricName: (metricId: number) => string | undefined
  readonly lifeCycle: LifeCycleOptions
  /** The open incident that a device is a member of, whose alert speaks for the device's own; '' = none. */
  readonly incidentOf?: IncidentOf
  /** Told what doesn't follow from readings, so that it outlives the process. */
  readonly noteDown?: (note: AlertNote) => void
}

export interface AlertCounts {
  readonly open: number
  /** Alerts that have begun to fire since the start. */
  readonly raised: number
  /** Raises that opened no alert because too many were open. */
  readonly notOpened: number
}

export class AlertBook {
  readonly lifeCycle: LifeCycle
  readonly #open = new OpenAlerts()
  readonly #history: AlertHistory
  readonly #teller = new AlertTeller<{ readonly alert: Alert; readonly change: AlertChange }>()
  readonly #options: AlertBookOptions
  #raised = 0
  #notOpened = 0
  /** What is raised now comes from before the engine's last end. */
  isReplaying = false

  constructor(options: AlertBookOptions) {
    this.#options = options
    this.#history = new AlertHistory(options.history)
    this.lifeCycle = new LifeCycle({
      ...{ clock: options.clock, open: this.#open, noteDown: options.noteDown, options: options.lifeCycle },
      incidentOf: options.incidentOf ?? (() => ''),
      tell: (alert, change) => this.#tell(alert, change),
      replaceClosed: (alert) => this.#history.replace(alert),
    })
  }

  get counts(): AlertCounts {
    return { open: this.#open.size, raised: this.#raised, notOpened: this.#notOpened }
  }

  get standings(): AlertStandings {
    return this.#open.standings
  }

  /** Opens an alert or adds to the open one; returns it, or undefined if too many are open. */
  raise(raise: Raise): Alert | undefined {
    this.lifeCycle.advance()
    const open = this.#find(raise)
    if (open !== undefined) return this.#goOn(open, raise)
    if (this.#open.size >= this.#options.maxOpen) {
      this.#notOpened++
      return undefined
    }
    return this.#begin(raise)
  }

  /** Closes the open alert of (rule, series) and returns it as closed; undefined if none is open. */
  clear(clear: Clear): Alert | undefined {
    this.lifeCycle.advance()
    const open = this.#find(clear)
    if (open === undefined) return undefined
    const resolved = resolvedAlert(open.alert, clear)
    const sequence = this.#open.remove(open)
    if (open.alert.state === 'firing') this.#history.add(resolved, sequence)
    this.lifeCycle.ended(open, resolved)
    return resolved
  }

  /** Undefined if it isn't open. `null` takes an acknowledgement back. */
  acknowledge(id: string, acknowledged: Acknowledgement | null): Alert | undefined {
    const open = this.#open.get(id)
    return open === undefined ? undefined : this.lifeCycle.acknowledge(open, acknowledged)
  }

  /** The device has become a member of an incident. */
  regroup(rule: string, series: bigint): void {
    const open = this.#open.find(rule, slotOf({ series }))
    if (open !== undefined) this.lifeCycle.regroup(open)
  }

  /** An incident is part of another now; alerts that it spoke for are that one's. */
  incidentMerged(gone: string, kept: string): void {
    this.lifeCycle.suppression.incidents.merge(gone, kept)
  }

  /** An incident is over: alerts of its members that still fire are told. */
  incidentEnded(incident: string): void {
    this.lifeCycle.incidentEnded(incident)
  }

  /** Does what is due by now; to be called now and then, for nobody else says when time has passed. */
  advance(): void {
    this.lifeCycle.advance()
  }

  /** The open alert of (rule, series). */
  openAlert(rule: string, series: bigint): Alert | undefined {
    return this.#open.find(rule, slotOf({ series }))?.alert
  }

  /** Open, or closed and still kept. */
  get(id: string): Alert | undefined {
    return this.#open.get(id)?.alert ?? this.#history.get(id)
  }

  /** All open alerts. */
  open(): Alert[] {
    return this.#open.list().map(({ alert }) => alert)
  }

  list(query: AlertQuery): AlertPage {
    return pageOf(this.#open.newest, this.#history, query)
  }

  /** Up to `limit` alerts of the state (all if not given), those with the latest change first. */
  recent(limit: number, state?: AlertState): readonly Alert[] {
    return this.list({ limit, state }).alerts
  }

  /**
   * Takes over alerts that were open before the engine's last end, and what was kept of their lives; nobody is told. What
   * people and time do rests until `settle`. Of `closed` those are taken over that have not been open.
   */
  restore(
    alerts: readonly Alert[],
    keeping: AlertKeeping = NOTHING_KEPT,
    closed: readonly Alert[] = [],
  ): void {
    this.lifeCycle.rest(keeping)
    const open = new Set(alerts.map(({ id }) => id))
    const ended = closed.filter(({ id }) => !open.has(id))
    for (const alert of [...ended, ...alerts].sort((a, b) => a.updatedAt - b.updatedAt)) {
      if (alert.state === 'resolved') {
        this.#history.add(alert, this.#open.nextSequence())
        continue
      }
      const series = BigInt(alert.series)
      const complete = completed(alert, this.#subjectOf(series).known)
      const open = new OpenAlert(slotOf({ series, key: alert.key }), complete)
      this.#open.add(open)
      this.lifeCycle.restored(open)
    }
  }

  /** Does again what was noted before the engine's last end. */
  replayNote(note: AlertNote): void {
    this.lifeCycle.replay(note)
  }

  /** Everything from before the last end is taken in; what has become different since is told. */
  settle(): void {
    this.lifeCycle.settle()
  }

  /** Alerts as they were, with what people and time have done to them since: that doesn't follow from readings. */
  asTheyStand(alerts: readonly Alert[]): Alert[] {
    return alerts.map((alert) => {
      const now = this.get(alert.id)
      return now === undefined ? alert : marked(alert, now)
    })
  }

  /** What else the next process needs. */
  keeping(): AlertKeeping {
    return this.lifeCycle.keeping()
  }

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: AlertListener): () => void {
    return this.#teller.subscribe(({ alert, change }) => listener(alert, change))
  }

  /** By its key as well, as versions that knew no metric have kept it. */
  #find(about: Pick<Raise, 'rule' | 'series' | 'key'>): OpenAlert | undefined {
    const { rule, key } = about
    const open = this.#open.find(rule, slotOf(about))
    return open ?? (key === undefined ? undefined : this.#open.find(rule, key))
  }

  #begin(raise: Raise): Alert {
    const isPending = raise.pending === true || (raise.forMs ?? 0) > 0
    const state = isPending ? 'pending' : 'firing'
    const alert = openedAlert(raise, this.#subjectOf(raise.series), state, this.isReplaying)
    const open = new OpenAlert(slotOf(raise), alert)
    if (raise.pending !== true && isPending) this.lifeCycle.awaitFiring(open, raise.forMs ?? 0)
    this.#open.add(open)
    this.lifeCycle.begun(open)
    return open.alert
  }

  #goOn(open: OpenAlert, raise: Raise): Alert {
    const isSame = open.alert.labels
    const alert = updatedAlert(open.alert, raise)
    if (open.alert.state === 'pending' && this.#fires(open, raise)) this.lifeCycle.fire(open, alert)
    else this.lifeCycle.changed(open, alert, alert.labels === isSame)
    return open.alert
  }

  #fires(open: OpenAlert, { pending, forMs = 0, time }: Raise): boolean {
    return pending !== true && (forMs === 0 || time >= open.pendingUntilTime)
  }

  #subjectOf(series: bigint): Subject {
    const deviceId = Number(series >> 16n)
    const metricId = Number(series & 0xffffn)
    const known = deviceId === 0 ? undefined : this.#options.device(deviceId)
    const device = deviceId === 0 ? '' : (known?.name ?? `#${deviceId.toString(16)}`)
    const metric = metricId === 0 ? '' : (this.#options.metricName(metricId) ?? `#${metricId}`)
    return { known, device, metric }
  }

  #tell(alert: Alert, change: AlertChange): void {
    if (change === 'raised') this.#raised++
    this.#teller.tell({ alert, change })
  }
}
