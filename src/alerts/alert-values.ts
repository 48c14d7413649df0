/** Alerts as values: how one begins, goes on and ends. Nothing here knows of others. */
import type { Alert, AlertEnd, AlertState, Severity } from '../core/alert.ts'
import { evidenceOf, type Observed, withEvidence } from './evidence.ts'
import { finite } from './finite.ts'
import { type AlertedDevice, type Labels, labelsOf, relabelled } from './labels.ts'
import { PENDING, type Slot } from './open-alert.ts'

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
  /** It fires when its condition has held this long, by the readings or by the clock; until then it is pending. */
  readonly forMs?: number
  /** See `Alert.raisedBy`. */
  readonly raisedBy?: string
  /** It is pending until a raise without this comes: somebody else sees to the time. */
  readonly pending?: boolean
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
  readonly because?: AlertEnd
}

/** What is known of the series that an alert is about; empty where it is about none. */
export interface Subject {
  readonly known: AlertedDevice | undefined
  readonly device: string
  readonly metric: string
}

export const SEVERITIES = ['low', 'medium', 'high', 'critical'] as const

/** User code writes messages, of any length. */
const MAX_MESSAGE = 1024

/** What alerts of a rule are told apart by. */
export const slotOf = ({ series, key }: Pick<Raise, 'series' | 'key'>): Slot =>
  isOfSeries(series) ? series : (key ?? '')

const isOfSeries = (series: bigint): boolean => (series & 0xffffn) !== 0n

export function openedAlert(raise: Raise, subject: Subject, state: AlertState, replayed: boolean): Alert {
  const { known, device, metric } = subject
  const { rule, series, region, severity, message, time, value, score } = raise
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
    state,
    message: message.slice(0, MAX_MESSAGE),
    startsAt: time,
    updatedAt: time,
    endsAt: null,
    value: finite(value),
    score: finite(score),
    peak: Math.abs(finite(score)),
    count: 1,
    replayed,
    labels: labelsOf({ rule, severity, device, metric, key, region }, known, raise.labels),
    acknowledged: null,
    suppressedBy: state === 'pending' ? ONLY_PENDING : NOTHING,
    escalation: 0,
    evidence: [evidenceOf(raise)],
    ...(raise.raisedBy !== undefined && { raisedBy: raise.raisedBy }),
  }
}

const NOTHING: readonly string[] = []
const ONLY_PENDING: readonly string[] = [PENDING]

/** The worst severity and the largest score stay; the rest is that of the latest raise. Time doesn't run backwards. */
export function updatedAlert(open: Alert, raise: Raise): Alert {
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

export function resolvedAlert(open: Alert, { time, value, score, because }: Clear): Alert {
  const endsAt = Math.max(open.updatedAt, time)
  return {
    ...open,
    state: 'resolved',
    updatedAt: endsAt,
    endsAt,
    value: value === undefined ? open.value : finite(value),
    score: score === undefined ? open.score : finite(score),
    ...(because !== undefined && { endedBecause: because }),
  }
}

/** One step of its escalation further. */
export function escalatedAlert(open: Alert, severity: Severity | undefined, labels: Labels): Alert {
  const worst = severity === undefined ? open.severity : worse(open.severity, severity)
  return {
    ...open,
    severity: worst,
    escalation: open.escalation + 1,
    labels: relabelled({ ...open.labels, ...labels }, worst, open.region),
  }
}

export const worse = (one: Severity, other: Severity): Severity =>
  SEVERITIES.indexOf(other) > SEVERITIES.indexOf(one) ? other : one

/** Of an alert that an earlier version has kept: what it didn't say yet. */
export const completed = (alert: Alert, known: AlertedDevice | undefined): Alert => ({
  ...{
    labels: labelsOf(alert, known),
    acknowledged: null,
    suppressedBy: NOTHING,
    escalation: 0,
    evidence: [],
  },
  ...alert,
})
