/** An alert as Prometheus and Alertmanager write it: labels that say which one it is, annotations, times in RFC 3339. */
import type { Labels } from '../../alerts/labels.ts'
import type { Alert } from '../../core/alert.ts'

/** Labels with names that Alertmanager allows, `alertname` among them. */
export function prometheusLabels({ rule, labels }: Pick<Alert, 'rule' | 'labels'>): Labels {
  const result: Record<string, string> = { alertname: rule }
  for (const [name, value] of Object.entries(labels))
    if (value !== '') result[name.replaceAll(/[^A-Za-z0-9_]/g, '_').replace(/^(?=[0-9])/, '_')] = value
  return result
}

export const annotationsOf = ({ message, value, score, count }: Alert): Labels => ({
  summary: message,
  value: String(value),
  score: String(score),
  count: String(count),
})

/** Of a year that RFC 3339 has; event times are whatever devices say. */
export const rfc3339 = (epochMs: number): string =>
  new Date(Math.min(Math.max(epochMs, 0), LATEST_MS)).toISOString()

const LATEST_MS = Date.UTC(9999, 11, 31)

/** Where people can look at it; '' = nowhere that is known. */
export const generatorUrl = (externalUrl: string): string =>
  externalUrl === '' ? '' : new URL('/v1/alerts', externalUrl).href
