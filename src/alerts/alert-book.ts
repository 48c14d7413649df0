/**
 * Open and recent alerts. At most one alert is open per (rule, series): a raise opens it or adds to it, a clear closes
 * it. What is open is bounded, and a raise that would go beyond is counted as suppressed; of the closed the latest are
 * kept. Alerts are immutable values: each change makes a new one and is told to the subscribers.
 */
import type { Alert, AlertChange, Severity } from '../core/alert.ts'
import { evidenceOf, type Observed, withEvidence } from './evidence.ts'
import { finite } from './finite.ts'
import { type AlertedDevice, type Labels, labelsOf, relabelled } from './labels.ts'

export type AlertListener = (alert: Alert, change: AlertChange) => void

/** An anomalous reading, or a raise by user code. */
export interface Raise extends Observed {
  readonly rule: string
  /** Series key: device id << 16 | metric id; without a metric (and a device) it is about a group of a pipeline. */
  readonly series: bigint
  /** That group, in text. */
  readonly key?: string
  readonly region: string
  readonly severity: Severity
  readonly message: string
  /** What the rule adds to the labels. */
  readonly labels?: Labels
}

/** The series is well again as of `time`. */
export interface Clear {
  readonly rule: string
  readonly series: bigint
  readonly key?: string
  readonly time: number
  /** Value and score of the reading that cleared it, where there is one. */
  readonly value?: number
  readonly score?: number
}

export interface AlertBookOptions {
  readonly maxOpen: number
  /** How many closed alerts are kept. */
  readonly history: number
  /** What the registry knows of a device. */
  readonly device: (deviceId: number) => AlertedDevice | undefined
  readonly metricName: (metricId: number) => string | undefined
}

export interface AlertCounts {
  readonly open: number
  /** Alerts opened since the start. */
  readonly raised: number
  /** Raises that opened no alert because too many were open. */
  readonly suppressed: number
}

/** User code writes messages, of any length. */
const MAX_MESSAGE = 1024
const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const

export class AlertBook {
  readonly #openByRule = new Map<string, Map<string, Alert>>()
  readonly #closed: Alert[] = []
  readonly #listeners = new Set<AlertListener>()
  readonly #options: AlertBookOptions
  #open = 0
  #raised = 0
  #suppressed = 0
  /** What is raised now comes from before the engine's last end. */
  isReplaying = false

  constructor(options: AlertBookOptions) {
    this.#options = options
  }

  get counts(): AlertCounts {
    return { open: this.#open, raised: this.#raised, suppressed: this.#suppressed }
  }

  /** Opens an alert or adds to the open one; returns it, or undefined if it was suppressed. */
  raise(raise: Raise): Alert | undefined {
    const open = this.#openByRule.get(raise.rule)?.get(keyOf(raise))
    if (open !== undefined) return this.#keep(raise, updated(open, raise), 'updated')
    if (this.#open >= this.#options.maxOpen) {
      this.#suppressed++
      return undefined
    }
    this.#open++
    this.#raised++
    return this.#keep(raise, this.#opened(raise), 'raised')
  }

  /** Closes the open alert of (rule, series) and returns it as closed; undefined if none is open. */
  clear(clear: Clear): Alert | undefined {
    const ofRule = this.#openByRule.get(clear.rule)
    const open = ofRule?.get(keyOf(clear))
    if (ofRule === undefined || open === undefined) return undefined
    ofRule.delete(keyOf(clear))
    if (ofRule.size === 0) this.#openByRule.delete(clear.rule)
    this.#open--
    return this.#close(resolved(open, clear))
  }

  /** The open alert of (rule, series). */
  openAlert(rule: string, series: bigint): Alert | undefined {
    return this.#openByRule.get(rule)?.get(String(series))
  }

  /** All open alerts. */
  open(): Alert[] {
    return [...this.#openByRule.values()].flatMap((ofRule) => [...ofRule.values()])
  }

  /** Takes over alerts that were open before the engine's last end; nobody is told. */
  restore(alerts: readonly Alert[]): void {
    for (const alert of alerts) {
      const ofRule = this.#openByRule.get(alert.rule) ?? new Map<string, Alert>()
      const key = keyOf({ series: BigInt(alert.series), key: alert.key })
      this.#openByRule.set(alert.rule, ofRule.set(key, alert))
      this.#open++
    }
  }

  /** Up to `limit` alerts of the state (both if not given), those with the latest change first. */
  recent(limit: number, state?: Alert['state']): Alert[] {
    const firing = state === 'resolved' ? [] : this.open()
    const closed = state === 'firing' ? [] : this.#closed
    return [...firing, ...closed].sort((a, b) => b.updatedAt - a.updatedAt).slice(0, limit)
  }

  /** Calls `listener` at each change; returns what ends it. */
  subscribe(listener: AlertListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #keep(raise: Raise, alert: Alert, change: AlertChange): Alert {
    const ofRule = this.#openByRule.get(raise.rule) ?? new Map<string, Alert>()
    this.#openByRule.set(raise.rule, ofRule.set(keyOf(raise), alert))
    this.#tell(alert, change)
    return alert
  }

  #close(alert: Alert): Alert {
    this.#closed.push(alert)
    if (this.#closed.length > this.#options.history) this.#closed.shift()
    this.#tell(alert, 'resolved')
    return alert
  }

  #opened(raise: Raise): Alert {
    const { rule, series, region, severity, message, time, value, score } = raise
    const { known, device, metric } = this.#namesOf(series)
    const key = raise.key ?? `${device}/${metric}`
    return {
      id: `${rule}:${isOfSeries(series) ? series.toString(16) : raise.key}:${time}`,
      rule,
      series: series.toString(),
      key,
      device,
      metric,
      region,
      severity,
      state: 'firing',
      message: message.slice(0, MAX_MESSAGE),
      startsAt: time,
      updatedAt: time,
      endsAt: null,
      value: finite(value),
      score: finite(score),
      peak: Math.abs(finite(score)),
      count: 1,
      replayed: this.isReplaying,
      labels: labelsOf({ rule, severity, device, metric, key, region }, known, raise.labels),
      acknowledged: null,
      suppressedBy: [],
      escalation: 0,
      evidence: [evidenceOf(raise)],
    }
  }

  /** Empty where it is about neither. */
  #namesOf(series: bigint): { known: AlertedDevice | undefined; device: string; metric: string } {
    const deviceId = Number(series >> 16n)
    const metricId = Number(series & 0xffffn)
    const known = deviceId === 0 ? undefined : this.#options.device(deviceId)
    const device = deviceId === 0 ? '' : (known?.name ?? `#${deviceId.toString(16)}`)
    const metric = metricId === 0 ? '' : (this.#options.metricName(metricId) ?? `#${metricId}`)
    return { known, device, metric }
  }

  #tell(alert: Alert, change: AlertChange): void {
    for (const listener of this.#listeners) listener(alert, change)
  }
}

/** What alerts of a rule are told apart by. */
const keyOf = ({ series, key }: Pick<Raise, 'series' | 'key'>): string =>
  isOfSeries(series) ? String(series) : (key ?? '')

const isOfSeries = (series: bigint): boolean => (series & 0xffffn) !== 0n

/** The worst severity and the largest score stay; the rest is that of the latest raise. Time doesn't run backwards. */
function updated(open: Alert, raise: Raise): Alert {
  const { region, message, time, value, score } = raise
  const severity = worse(open.severity, raise.severity)
  return {
    ...open,
    region,
    severity,
    message: message.slice(0, MAX_MESSAGE),
    updatedAt: Math.max(open.updatedAt, time),
    value: finite(value),
    score: finite(score),
    peak: Math.max(open.peak, Math.abs(finite(score))),
    count: open.count + 1,
    labels: relabelled(open.labels, severity, region),
    evidence: withEvidence(open.evidence, evidenceOf(raise)),
  }
}

const worse = (one: Severity, other: Severity): Severity =>
  SEVERITIES.indexOf(other) > SEVERITIES.indexOf(one) ? other : one

function resolved(open: Alert, { time, value, score }: Clear): Alert {
  const endsAt = Math.max(open.updatedAt, time)
  return {
    ...open,
    state: 'resolved',
    updatedAt: endsAt,
    endsAt,
    value: value === undefined ? open.value : finite(value),
    score: score === undefined ? open.score : finite(score),
  }
}
