/** Severity, from the least to the worst. */
export type Severity = 'low' | 'medium' | 'high' | 'critical'

/** `pending`: its condition holds, but not yet as long as its rule asks. */
export type AlertState = 'pending' | 'firing' | 'resolved'

/** What has happened to an alert. */
export type AlertChange =
  | 'pending'
  | 'raised'
  | 'updated'
  | 'resolved'
  | 'acknowledged'
  | 'suppressed'
  | 'released'
  | 'escalated'

/**
 * Its rule is there no more; its pipeline is, or runs with other stages; or what that held at the last end can't be read by
 * the one that runs now.
 */
export type AlertEnd = 'rule-removed' | 'pipeline-removed' | 'state-lost'

/** Where an open alert is counted, once: what keeps it from being told comes before what people did. */
export type AlertStanding = 'pending' | 'firing' | 'acknowledged' | 'suppressed'

/** A person has seen it. */
export interface Acknowledgement {
  readonly by: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly comment: string
}

/** A reading that made or worsened it, and what was usual then. */
export interface Evidence {
  readonly time: number
  readonly value: number
  /** Running mean and standard deviation of the series before this reading; null where the rule has no baseline. */
  readonly mean: number | null
  readonly deviation: number | null
  readonly score: number
}

/** One open or closed alert: at most one is open per (rule, series). Times are milliseconds since the epoch. */
export interface Alert {
  /** Stable: rule, series key and start. */
  readonly id: string
  readonly rule: string
  /** Series key in decimal; without a metric, or 0, when it is about a group of a pipeline. */
  readonly series: string
  /** What it is about in text: `device/metric`, or a pipeline's group. */
  readonly key: string
  /** Registered name, or `#` and the id in hexadecimal for a device nobody has named. */
  readonly device: string
  readonly metric: string
  readonly region: string
  readonly severity: Severity
  readonly state: AlertState
  readonly message: string
  /** Event time of the reading that raised it. */
  readonly startsAt: number
  readonly updatedAt: number
  readonly endsAt: number | null
  readonly value: number
  /** Standard deviations from the series' running mean at the latest update; NaN-free. */
  readonly score: number
  /** Largest |score| seen while open. */
  readonly peak: number
  /** Anomalous readings (or raises by user code) that are part of it. */
  readonly count: number
  /** Raised while the engine took in again what it had accepted before its last end. */
  readonly replayed: boolean
  /**
   * What silences, inhibitions and receivers match on: rule, severity, device, metric, key, region, tier, tenant (those
   * that are known), and the rule's own.
   */
  readonly labels: Readonly<Record<string, string>>
  readonly acknowledged: Acknowledgement | null
  /** `silence:<id>`, `inhibited:<alert id>`, `maintenance:<id>`, `flapping`: while not empty, receivers are not told. */
  readonly suppressedBy: readonly string[]
  /** Where a pipeline has raised it: `pipeline:<name>`, or `rules:<name>` where that is a file of rules. */
  readonly raisedBy?: string
  /** Why it has ended, where no reading says so: `rule-removed`, `pipeline-removed`, `state-lost`. */
  readonly endedBecause?: AlertEnd
  /** How many steps of its escalation have been taken. */
  readonly escalation: number
  /** Why: the first few and the latest readings that made it (bounded). */
  readonly evidence: readonly Evidence[]
}

/**
 * Alerts that are not told for a time: a silence (a person's wish) or a hold (maintenance). Those that are still firing at
 * the end are told then.
 */
export interface Mute {
  readonly id: string
  /** All must match: `label="value"`, `!=`, `=~` (the whole value, as a regular expression), `!~`. */
  readonly matchers: readonly string[]
  /** Milliseconds since the epoch. */
  readonly startsAt: number
  readonly endsAt: number
  readonly createdAt: number
  readonly by: string
  readonly comment: string
}

/** What a reservation asks for while devices are worked on. Whoever makes one ends it by its id, or lets it run out. */
export interface MaintenanceHold {
  readonly matchers: readonly string[]
  /** Milliseconds since the epoch. */
  readonly until: number
  readonly reason: string
}

/** What every alert says of itself: a rule can't say otherwise. */
export const OWN_LABELS: ReadonlySet<string> = new Set([
  ...['rule', 'severity', 'device', 'metric', 'key', 'region', 'tier', 'tenant'],
])
export const LABEL_NAME = /^[A-Za-z_][\w.-]{0,127}$/
export const MAX_LABEL_TEXT = 256
const MAX_LABELS = 32
export const LABELS_ALLOWED = `up to ${MAX_LABELS} names with texts of up to ${MAX_LABEL_TEXT} characters; not ${[...OWN_LABELS].join(', ')}`

/** Labels that a rule may add. */
export function areLabels(value: unknown): value is Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const labels = Object.entries(value)
  const isLabel = ([name, text]: [string, unknown]): boolean =>
    LABEL_NAME.test(name) &&
    !OWN_LABELS.has(name) &&
    typeof text === 'string' &&
    text.length <= MAX_LABEL_TEXT
  return labels.length <= MAX_LABELS && labels.every(isLabel)
}
