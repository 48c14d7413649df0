/**
 * What silences, inhibitions, holds, escalations and receivers match on. A label that is not there and one that is empty
 * are the same, so what is not known of an alert is left out.
 */
import type { Tier } from '../core/tiers.ts'

export type Labels = Readonly<Record<string, string>>

/** What the registry knows of the device that an alert is about. */
export interface AlertedDevice {
  readonly name: string
  readonly tier: Tier
  readonly tenant: string
}

interface Labelled {
  readonly rule: string
  readonly severity: string
  readonly device: string
  readonly metric: string
  readonly key: string
  readonly region: string
}

/** What every alert has comes before what its rule adds: a rule can't say that it is another. */
export function labelsOf(alert: Labelled, device: AlertedDevice | undefined, own: Labels = {}): Labels {
  const labels: Record<string, string> = {}
  for (const [name, value] of Object.entries(own)) add(labels, name, value)
  add(labels, 'rule', alert.rule)
  add(labels, 'severity', alert.severity)
  add(labels, 'device', alert.device)
  add(labels, 'metric', alert.metric)
  add(labels, 'key', alert.key)
  add(labels, 'region', alert.region)
  add(labels, 'tier', device?.tier ?? '')
  add(labels, 'tenant', device?.tenant ?? '')
  return labels
}

/** The same labels where neither has changed, so that who has matched them need not do it again. */
export function relabelled(labels: Labels, severity: string, region: string): Labels {
  if (labels.severity === severity && (labels.region ?? '') === region) return labels
  const changed: Record<string, string> = { ...labels }
  delete changed.region
  add(changed, 'severity', severity)
  add(changed, 'region', region)
  return changed
}

function add(labels: Record<string, string>, name: string, value: string): void {
  if (value !== '') labels[name] = value
}
