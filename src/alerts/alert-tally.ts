import type { Alert, AlertStanding, Severity } from '../core/alert.ts'
import { SEVERITIES } from './alert-values.ts'

const STANDINGS = ['pending', 'firing', 'acknowledged', 'suppressed'] as const
export type AlertStandings = Readonly<Record<AlertStanding, Readonly<Record<Severity, number>>>>

/** How many open alerts there are of each kind. */
export class AlertTally {
  readonly #counts = new Map<string, number>()

  /** An alert becomes another; undefined = isn't there. */
  move(before: Alert | undefined, after: Alert | undefined): void {
    if (before !== undefined) this.#add(before, -1)
    if (after !== undefined) this.#add(after, 1)
  }

  read(): AlertStandings {
    const of = (standing: AlertStanding): Record<Severity, number> =>
      recordOf(SEVERITIES, (severity) => this.#counts.get(`${standing} ${severity}`) ?? 0)
    return recordOf(STANDINGS, of)
  }

  #add(alert: Alert, by: number): void {
    const key = `${standingOf(alert)} ${alert.severity}`
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by)
  }
}

function standingOf({ state, suppressedBy, acknowledged }: Alert): AlertStanding {
  if (state === 'pending') return 'pending'
  if (suppressedBy.length > 0) return 'suppressed'
  return acknowledged === null ? 'firing' : 'acknowledged'
}

const recordOf = <K extends string, V>(keys: readonly K[], of: (key: K) => V): Record<K, V> =>
  Object.fromEntries(keys.map((key) => [key, of(key)])) as Record<K, V>
