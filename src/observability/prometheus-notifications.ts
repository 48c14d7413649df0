/** The part of `GET /metrics` about who is told of alerts. */
import type { ReceiverStats } from '../core/stats.ts'
import type { Exposition, Sample } from './exposition.ts'
import { LATENCY_BOUNDS_MS, type LatencyBuckets } from './latency-buckets.ts'

/** From a change of an alert to its receiver having it. */
export interface NotificationLatency {
  readonly receiver: string
  readonly buckets: LatencyBuckets
}

const STATUSES = ['delivered', 'retried', 'refused', 'dropped', 'summarised'] as const
const BOUNDS_SECONDS = LATENCY_BOUNDS_MS.map((ms) => ms / 1000)

export function writeNotifications(
  text: Exposition,
  stats: readonly ReceiverStats[],
  latencies: readonly NotificationLatency[],
): void {
  if (stats.length === 0) return
  const byReceiver = (
    figure: (one: ReceiverStats) => number,
    labels: Record<string, string> = {},
  ): Sample[] => {
    const sums = new Map<string, number>()
    for (const one of stats) sums.set(one.receiver, (sums.get(one.receiver) ?? 0) + figure(one))
    return Array.from(sums, ([receiver, value]) => ({ labels: { receiver, ...labels }, value }))
  }
  text.counter(
    'millrace_notifications_total',
    'Notifications by what became of them.',
    STATUSES.flatMap((status) => byReceiver((one) => one[status], { status })),
  )
  text.counter(
    'millrace_notification_alerts_omitted_total',
    'Alerts that were over and gave way before they were told.',
    byReceiver(({ omitted }) => omitted),
  )
  text.gauge(
    'millrace_notification_queue_length',
    'Groups that are due and not told yet.',
    byReceiver(({ waiting }) => waiting),
  )
  text.gauge(
    'millrace_notification_failing',
    'Ways to the receiver that take nothing.',
    byReceiver(({ failingSince }) => (failingSince === null ? 0 : 1)),
  )
  text.histogram(
    'millrace_notification_latency_seconds',
    'From the oldest change that a notification tells of to its receiver having it.',
    latencies.map(({ receiver, buckets }) => ({
      labels: { receiver },
      bounds: BOUNDS_SECONDS,
      cumulative: buckets.cumulative(),
      sum: buckets.sumMs / 1000,
    })),
  )
}
