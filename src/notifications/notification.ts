/** What a receiver is told: the state of a group of alerts, or of several in one summary. */
import { createHash } from 'node:crypto'
import type { Labels } from '../alerts/labels.ts'
import type { Alert } from '../core/alert.ts'

export interface Notification {
  /** The same when the same is told again: drop repeats by it. */
  readonly id: string
  readonly receiver: string
  /** `resolved`: nothing of it fires any more. */
  readonly status: 'firing' | 'resolved'
  /** `news`: something has changed; `repeat`: it still is as it was; `summary`: several groups in one; `test`: nothing is. */
  readonly reason: 'news' | 'repeat' | 'summary' | 'test'
  /** '' for a summary. */
  readonly groupKey: string
  /** Labels the alerts were grouped by. */
  readonly groupLabels: Labels
  /** Labels all its alerts agree in, those not listed included. */
  readonly commonLabels: Labels
  /** How many groups it tells of. */
  readonly groups: number
  /** How many of its alerts fire, and how many are over. */
  readonly firing: number
  readonly resolved: number
  /** Alerts that are not listed: the least severe. */
  readonly truncated: number
  /** Alerts that were over and gave way for lack of room before they could be told. */
  readonly omitted: number
  /** Those that are over first, then the worst. */
  readonly alerts: readonly Alert[]
}

/** What goes into one. */
export interface Contents {
  readonly receiver: string
  readonly reason: Notification['reason']
  readonly groupKey: string
  readonly groupLabels: Labels
  readonly groups: number
  readonly omitted: number
  readonly firing: readonly Alert[]
  readonly resolved: readonly Alert[]
  readonly maxAlerts: number
  /** Whatever tells it from another one with the same alerts in the same state. */
  readonly mark: string
}

const WORST_FIRST = ['critical', 'high', 'medium', 'low'] as const

export function notificationOf(contents: Contents): Notification {
  const { receiver, reason, groupKey, groupLabels, groups, omitted, firing, resolved, maxAlerts } = contents
  const ended = worst(resolved, Math.max(0, maxAlerts - firing.length, Math.floor(maxAlerts / 2)))
  const going = worst(firing, maxAlerts - ended.length)
  return {
    id: idOf(contents),
    ...{ receiver, status: firing.length > 0 ? 'firing' : 'resolved', reason, groupKey, groupLabels },
    commonLabels: commonLabelsOf([...firing, ...resolved]),
    ...{ groups, firing: firing.length, resolved: resolved.length, omitted },
    truncated: firing.length + resolved.length - ended.length - going.length,
    alerts: [...ended, ...going],
  }
}

/** Up to `limit` of them, in the order they came where they are equally bad. */
function worst(alerts: readonly Alert[], limit: number): readonly Alert[] {
  if (alerts.length <= 1) return alerts.slice(0, limit)
  const chosen: Alert[] = []
  for (const severity of WORST_FIRST) {
    for (const alert of alerts) {
      if (chosen.length >= limit) return chosen
      if (alert.severity === severity) chosen.push(alert)
    }
  }
  return chosen
}

function commonLabelsOf(alerts: readonly Alert[]): Labels {
  const [first] = alerts
  const common = new Map(Object.entries(first?.labels ?? {}))
  for (const { labels } of alerts) {
    for (const [name, value] of common) if (labels[name] !== value) common.delete(name)
    if (common.size === 0) break
  }
  return Object.fromEntries(common)
}

/** Whatever order the alerts are in. */
function idOf({ receiver, reason, groupKey, firing, resolved, mark }: Contents): string {
  const sums = new Uint32Array(4)
  for (const alert of firing) addMark(sums, 0, alert)
  for (const alert of resolved) addMark(sums, 2, alert)
  const what = [receiver, reason, groupKey, mark, firing.length, resolved.length, ...sums]
  return createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 32)
}

/** Adds two hashes of what makes the alert another one in people's eyes; a hundred thousand take no time to speak of. */
function addMark(sums: Uint32Array, at: number, { id, severity, escalation }: Alert): void {
  const text = `${severity} ${escalation} ${id}`
  let one = 0x811c9dc5
  let other = 0x9747b28c
  for (let i = 0; i < text.length; i++) {
    one = Math.imul(one ^ text.charCodeAt(i), 0x01000193)
    other = Math.imul((other << 13) | (other >>> 19), 5) + Math.imul(text.charCodeAt(i), 0xcc9e2d51)
  }
  sums[at] += one
  sums[at + 1] += other
}
