/** What of the alerts' life does not follow from readings, as it outlives the process. */
import type { Acknowledgement, Alert, AlertState, Mute, Severity } from '../core/alert.ts'
import type { FlapNote } from './flap-watch.ts'
import { worse } from './alert-values.ts'
import { relabelled } from './labels.ts'
import { type OpenAlert, PENDING } from './open-alert.ts'

/** What people and time have done to an alert, as it was told last. */
export interface AlertMark {
  readonly id: string
  readonly state: AlertState
  readonly acknowledged: Acknowledgement | null
  readonly suppressedBy: readonly string[]
  readonly escalation: number
  readonly severity: Severity
  readonly labels: Readonly<Record<string, string>>
  readonly waitingSince: number
}

/** Noted as it happens. Each says how things are from now on, so that hearing it twice does no harm. */
export type AlertNote =
  | { readonly kind: 'mark'; readonly mark: AlertMark }
  | { readonly kind: 'silence'; readonly mute: Mute }
  | { readonly kind: 'hold'; readonly mute: Mute }
  | { readonly kind: 'flap'; readonly flap: FlapNote }

/** All of it at one moment, but for what alerts say themselves. */
export interface AlertKeeping {
  readonly silences: readonly Mute[]
  readonly holds: readonly Mute[]
  readonly flaps: readonly FlapNote[]
  /** By id: since when it waits for somebody; until when (clock, event time) it is pending. */
  readonly waiting: readonly (readonly [id: string, since: number])[]
  readonly pending: readonly (readonly [id: string, until: number, untilTime: number])[]
}

export const NOTHING_KEPT: AlertKeeping = { silences: [], holds: [], flaps: [], waiting: [], pending: [] }

export const markOf = ({ alert, waitingSince }: OpenAlert): AlertMark => ({
  id: alert.id,
  state: alert.state,
  acknowledged: alert.acknowledged,
  suppressedBy: alert.suppressedBy.filter((reason) => reason !== PENDING),
  escalation: alert.escalation,
  severity: alert.severity,
  labels: alert.labels,
  waitingSince,
})

/** The alert with its mark; readings may have made it worse since, or fire before. */
export function marked(alert: Alert, mark: Omit<AlertMark, 'id' | 'waitingSince'>): Alert {
  const { acknowledged, escalation } = mark
  const severity = worse(alert.severity, mark.severity)
  const labels = relabelled(mark.labels, severity, alert.region)
  const told = mark.suppressedBy.filter((reason) => reason !== PENDING)
  const state = mark.state === 'pending' ? alert.state : 'firing'
  const suppressedBy = state === 'pending' ? [...told, PENDING] : told
  return { ...alert, state, acknowledged, suppressedBy, escalation, severity, labels }
}

export const writeNote = (note: AlertNote): string => JSON.stringify(note)
export const readNote = (text: string): AlertNote => JSON.parse(text) as AlertNote
