/**
 * Incidents in the engine: hands anomalies to the book of incidents, lets time move on, tells of changes, and raises an
 * alert (rule `incident`) for each. Event time goes on with the clock where no anomaly says how late it is; one that is
 * ahead of the clock doesn't move it.
 */
import type { AlertBook } from '../alerts/alert-book.ts'
import { INCIDENT_RULE } from '../alerts/incident-groups.ts'
import type { Clock } from '../core/clock.ts'
import type { Incident, IncidentChange, IncidentStats } from '../core/incident.ts'
import { valueOf } from '../incidents/fleet-index.ts'
import {
  type Dimension,
  IncidentBook,
  type KeptIncidents,
  type Sighting,
} from '../incidents/incident-book.ts'
import type { AnomalyEvent } from '../pipelines/anomaly-event.ts'
import { metricOf, seriesKey } from '../core/ids.ts'
import { ANOMALY_RULE } from './egress-desk.ts'
import type { Config } from './config/config.ts'
import type { Directory } from './directory.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { EscalationDesk } from './escalation-desk.ts'

export interface IncidentDeskParts {
  readonly config: Config['incidents']
  readonly clock: Clock
  readonly directory: Directory
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly escalation: EscalationDesk
  /** Of the next message of a worker. */
  readonly nextTicket: () => number
  readonly tell: (incident: Incident, change: IncidentChange) => void
}

/** An anomaly while a checkpoint is taken. */
interface Noted {
  readonly ticket: number
  readonly series: bigint
  readonly device: number
}

const ADVANCE_EVERY_MS = 200
/** Changes other than opening and ending are told this often. */
const TELL_EVERY_MS = 1000
/** An event time further ahead of the clock says nothing of what time it is. */
const AHEAD_MS = 10_000
const NOTHING = (): void => undefined

export class IncidentDesk {
  readonly #parts: IncidentDeskParts
  readonly #book: IncidentBook
  readonly #isIdle: boolean
  #eventNow = -Infinity
  /** Clock time at which event time was last told. */
  #toldMs = 0
  #ticket: number | undefined
  #noted: Noted[] | undefined
  readonly #changed = new Map<string, Incident>()
  readonly #timers: readonly (() => void)[]

  constructor(parts: IncidentDeskParts) {
    const { config, clock, directory } = parts
    const { correlations, maxOpen, maxTracked, listedMembers, history } = config
    this.#parts = parts
    this.#book = new IncidentBook({
      correlations: correlations.map((correlation) => ({
        ...{ ...correlation, maxOpen, maxTracked, listedMembers },
      })),
      history,
      names: { device: (id) => directory.deviceName(id), metric: (id) => directory.metricName(id) },
      joined: (member) => this.#group(member),
      valueOf: (sighting, dimension) => this.#valueOf(sighting, dimension),
    })
    this.#book.subscribe((incident, change) => this.#take(incident, change))
    this.#isIdle = correlations.length === 0
    this.#timers = this.#isIdle
      ? []
      : [
          clock.every(ADVANCE_EVERY_MS, () => this.advance()),
          clock.every(TELL_EVERY_MS, () => this.#tellChanged()),
        ]
  }

  /** Null where no correlation is configured. */
  get stats(): IncidentStats | null {
    return this.#isIdle ? null : this.#book.stats
  }

  get book(): Pick<IncidentBook, 'recent' | 'find' | 'open' | 'subscribe'> {
    return this.#book
  }

  /** The open incident whose alert speaks for those of the device; '' = none. */
  groupOf(device: number): string {
    if (this.#isIdle || !this.#parts.config.groupAlerts) return ''
    return this.#book.incidentOf(device) ?? ''
  }

  /** Takes the event down as it lies; returns what is to be done about it when it is safe. */
  noted(event: AnomalyEvent, ticket: number): () => void {
    const { escalation } = this.#parts
    if (this.#isIdle && escalation.isIdle) return NOTHING
    const { phase, series, device, time, score, region, lat, lon, tier } = event
    const metric = metricOf(Number(series & 0xffffn))
    if (phase === 'recovered') return () => this.#recover(device, metric, time)
    const severity = tier === 'critical' ? 'critical' : 'high'
    return () => {
      const sighting = this.#placed({ device, metric, time, score, severity, region, lat, lon })
      escalation.take(sighting)
      if (!this.#isIdle) this.#correlate(sighting, series, ticket)
    }
  }

  /** Moves event time on with the clock. */
  advance(): void {
    if (this.#eventNow === -Infinity) return
    this.#book.advance(this.#eventNow + this.#parts.clock.nowMs() - this.#toldMs)
  }

  /** While this is so, what is taken comes from before the engine's last end. */
  set isReplaying(isSo: boolean) {
    this.#book.isReplaying = isSo
    this.#parts.escalation.isReplaying = isSo
    if (!isSo) this.#reconcile()
  }

  /** A checkpoint begins: which anomalies it knows is told by `kept`. */
  begin(): void {
    this.#noted = []
  }

  /**
   * What is known now, less the count of anomalies that will be taken in again: those whose shard was captured before
   * them; `tickets` = by shard, the first ticket after that.
   */
  kept(tickets: readonly number[], shardOf: (series: bigint) => number): KeptIncidents | undefined {
    const again = (this.#noted ?? []).filter(
      ({ ticket, series }) => ((ticket - tickets[shardOf(series)]) | 0) >= 0,
    )
    this.#noted = undefined
    if (this.#isIdle) return undefined
    for (const { device } of again) this.#book.recount(device, -1)
    const kept = this.#book.kept()
    for (const { device } of again) this.#book.recount(device, 1)
    return kept
  }

  restore(kept: KeptIncidents | undefined): void {
    if (kept === undefined) return
    this.#book.restore(kept)
    this.#setNow(this.#book.now)
  }

  close(): void {
    for (const stop of this.#timers) stop()
  }

  #correlate(sighting: Sighting, series: bigint, ticket: number): void {
    this.#setNow(sighting.time)
    this.#noted?.push({ ticket, series, device: sighting.device })
    this.#ticket = ticket
    this.#book.take(sighting)
    this.#ticket = undefined
  }

  #recover(device: number, metric: number, time: number): void {
    this.#setNow(time)
    this.#book.recover(device, metric, time)
  }

  #setNow(eventTime: number): void {
    const { clock } = this.#parts
    const time = Math.min(eventTime, clock.epochMs() + AHEAD_MS)
    if (!(time > this.#eventNow)) return
    this.#eventNow = time
    this.#toldMs = clock.nowMs()
  }

  /** Where the reading doesn't say where it was, it is where the registry says. */
  #placed(sighting: Sighting): Sighting {
    if (!Number.isNaN(sighting.lat)) return sighting
    const device = this.#parts.directory.registry.getById(sighting.device)
    return { ...sighting, lat: device?.lat ?? NaN, lon: device?.lon ?? NaN }
  }

  #valueOf({ device, metric, region }: Sighting, dimension: Dimension): string | undefined {
    const { directory } = this.#parts
    if (dimension === 'metric') return directory.metricName(metric)
    if (dimension === 'region') return region
    const known = directory.registry.getById(device)
    return known && valueOf(known, dimension)
  }

  #take(incident: Incident, change: IncidentChange): void {
    this.#alert(incident)
    if (change === 'updated') return void this.#changed.set(incident.id, incident)
    this.#changed.delete(incident.id)
    if (change === 'merged') this.#parts.alerts.incidentMerged(incident.id, incident.mergedInto ?? '')
    else if (change === 'ended') this.#parts.alerts.incidentEnded(incident.id)
    this.#parts.tell(incident, change)
  }

  #group({ device, abnormal }: { readonly device: number; readonly abnormal: readonly number[] }): void {
    if (!this.#parts.config.groupAlerts) return
    for (const metric of abnormal) this.#parts.alerts.regroup(ANOMALY_RULE, seriesKey(device, metric))
  }

  #tellChanged(): void {
    for (const incident of this.#changed.values()) this.#parts.tell(incident, 'updated')
    this.#changed.clear()
  }

  #alert(incident: Incident): void {
    const { alerts, alertLog, nextTicket } = this.#parts
    const { id: key, severity, members, state } = incident
    const about = { rule: INCIDENT_RULE, series: 0n, key }
    const alert =
      state === 'ended'
        ? alerts.clear({ ...about, time: incident.endsAt ?? incident.updatedAt })
        : alerts.raise({
            ...{ ...about, region: incident.group.region ?? '', severity, message: messageOf(incident) },
            labels: labelsOf(incident),
            ...{ time: incident.startsAt, value: members, score: incident.growthPerMinute },
          })
    if (alert !== undefined) alertLog.note(this.#ticket ?? nextTicket() - 1, alert)
  }

  /** Alerts and incidents were kept one after the other, so one may have what the other has not. */
  #reconcile(): void {
    const { alerts } = this.#parts
    const open = new Map(this.#book.open().map((incident) => [incident.id, incident]))
    for (const { rule, key, updatedAt: time } of alerts.open())
      if (rule === INCIDENT_RULE && !open.delete(key))
        alerts.clear({ rule: INCIDENT_RULE, series: 0n, key, time })
    for (const incident of open.values()) this.#alert(incident)
  }
}

/** What receivers and silences match on. */
const labelsOf = ({ id, correlation, place, group }: Incident): Record<string, string> => ({
  ...{ incident: id, correlation },
  ...(place !== null && { place }),
  ...(group.tenant !== undefined && { tenant: group.tenant }),
})

function messageOf({ members, startsAt, updatedAt, place, group, origins }: Incident): string {
  const where = place === null ? '' : ` around ${place}`
  const common = Object.entries(group).map(([dimension, value]) => `${dimension} ${value}`)
  const among = common.length === 0 ? '' : ` of ${common.join(', ')}`
  const seconds = Math.max(1, Math.round((updatedAt - startsAt) / 1000))
  const [origin] = origins
  const from = origin === undefined ? '' : `, probably from ${origin.device}/${origin.metric}`
  return `${members} devices${among}${where} abnormal within ${seconds} s${from}`
}
