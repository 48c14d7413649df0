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
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly state: 'firing' | 'resolved'
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
}
