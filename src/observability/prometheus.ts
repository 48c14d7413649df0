/** The document of `GET /metrics`: the figures of `GET /v1/stats`, the latencies since the start, the process. */
import type { Stats } from '../core/stats.ts'
import { TIERS } from '../core/tiers.ts'
import { Exposition, type HistogramSample, type Labels, labelled, type Sample } from './exposition.ts'
import { type LatencyBook, type LatencyRecorder, STAGES } from './latency.ts'
import { LATENCY_BOUNDS_MS } from './latency-buckets.ts'
import type { ProcessFigures } from './process-probe.ts'
import { writeEscalation, writeIncidents } from './prometheus-incidents.ts'
import { writeDurability } from './prometheus-durability.ts'
import { type NotificationLatency, writeNotifications } from './prometheus-notifications.ts'
import { writeScaling } from './prometheus-scaling.ts'
import { writeDeadLetters, writePipelines, writeSinks } from './prometheus-outside.ts'

export const PROMETHEUS_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const BOUNDS_SECONDS = LATENCY_BOUNDS_MS.map((ms) => ms / 1000)

export function renderPrometheus(
  stats: Stats,
  latency: LatencyBook,
  figures: ProcessFigures,
  notifications: readonly NotificationLatency[] = [],
): string {
  const text = new Exposition()
  writeAccount(text, stats)
  writeTiers(text, stats)
  writeAlerts(text, stats)
  if (stats.incidents !== null) writeIncidents(text, stats.incidents)
  if (stats.escalation !== null) writeEscalation(text, stats.escalation)
  writeLatency(text, latency)
  writeEngine(text, stats)
  writeScaling(text, stats.scaling)
  if (stats.durability !== null) writeDurability(text, stats.durability)
  writePipelines(text, stats.pipelines)
  writeSinks(text, stats.sinks)
  writeDeadLetters(text, stats.deadLetters)
  writeNotifications(text, stats.notifications, notifications)
  writeProcess(text, figures)
  return text.toString()
}

function writeAccount(text: Exposition, { account, refusedByReason, malformedByCause }: Stats): void {
  text.counter('millrace_readings_received_total', 'Readings that reached the engine.', account.received)
  const refused = labelled('reason', refusedByReason)
  text.counter('millrace_readings_refused_total', 'Readings given back to their sender, by reason.', refused)
  const malformed = labelled('cause', malformedByCause)
  text.counter(
    'millrace_readings_malformed_total',
    'Readings and frames not understood, by cause.',
    malformed,
  )
  text.gauge('millrace_readings_in_flight', 'Readings accepted and not yet processed.', account.inFlight)
  const dead = account.deadLettered
  text.counter('millrace_readings_dead_lettered_total', 'Readings that no pipeline could process.', dead)
  text.counter('millrace_readings_forwarded_total', 'Readings handed to another node.', account.forwarded)
}

function writeTiers(text: Exposition, { tiers }: Stats): void {
  const byTier = (figure: 'accepted' | 'processed' | 'refused' | 'backlog'): Sample[] =>
    TIERS.map((tier) => ({ labels: { tier }, value: tiers[tier][figure] }))
  text.counter('millrace_readings_accepted_total', 'Readings accepted, by tier.', byTier('accepted'))
  text.counter('millrace_readings_processed_total', 'Readings processed, by tier.', byTier('processed'))
  text.counter('millrace_tier_readings_refused_total', 'Readings refused, by tier.', byTier('refused'))
  text.gauge('millrace_backlog_readings', 'Readings waiting in lanes, by tier.', byTier('backlog'))
}

function writeAlerts(text: Exposition, { alerts, anomalies }: Stats): void {
  text.counter('millrace_anomalies_total', 'Anomalous readings detected.', anomalies.detected)
  text.gauge('millrace_alerts_open', 'Alerts open now.', alerts.open)
  const standings = Object.entries(alerts.standings).flatMap(([state, bySeverity]) =>
    Object.entries(bySeverity).map(([severity, value]) => ({ labels: { state, severity }, value })),
  )
  text.gauge('millrace_alerts', 'Open alerts by what has become of them, and severity.', standings)
  text.counter('millrace_alerts_raised_total', 'Alerts raised.', alerts.raised)
}

function writeLatency(text: Exposition, latency: LatencyBook): void {
  const samples = TIERS.flatMap((tier) =>
    STAGES.map((stage) => histogramOf({ tier, stage }, latency.of(tier, stage))),
  )
  text.histogram('millrace_latency_seconds', 'From accepted to the end of a stage, by tier.', samples)
  const anomaly = [histogramOf({}, latency.anomaly)]
  text.histogram('millrace_anomaly_latency_seconds', 'From accepted to the alert being delivered.', anomaly)
}

const histogramOf = (labels: Labels, { buckets }: LatencyRecorder): HistogramSample => ({
  labels,
  bounds: BOUNDS_SECONDS,
  cumulative: buckets.cumulative(),
  sum: buckets.sumMs / 1000,
})

function writeEngine(text: Exposition, stats: Stats): void {
  text.gauge('millrace_pool_workers', 'Workers running.', stats.pool.size)
  text.gauge('millrace_pool_workers_busy', 'Workers at work.', stats.pool.busy)
  text.counter('millrace_pool_workers_replaced_total', 'Workers that died or hung.', stats.pool.replaced)
  text.gauge('millrace_connections', 'Open connections.', stats.connections)
  text.gauge('millrace_series', 'Series known.', stats.series)
  text.gauge('millrace_devices', 'Devices registered.', stats.devices)
  text.gauge('millrace_shared_memory_bytes', 'Shared memory laid out.', stats.memory.sharedBytes)
  text.gauge('millrace_uptime_seconds', 'Time since the engine started.', stats.uptimeSeconds)
  text.gauge('millrace_figures_exact', '0 when a thread did not stand still for the count.', +stats.isExact)
}

function writeProcess(text: Exposition, figures: ProcessFigures): void {
  text.counter('process_cpu_seconds_total', 'User and system time of all threads.', figures.cpuSeconds)
  text.gauge('process_resident_memory_bytes', 'Resident memory.', figures.residentBytes)
  text.gauge('process_start_time_seconds', 'Start of the process since the epoch.', figures.startSeconds)
  text.gauge('nodejs_heap_size_used_bytes', 'JavaScript heap of the main thread in use.', figures.heapBytes)
  const lag = figures.lagSeconds
  text.gauge('nodejs_eventloop_lag_mean_seconds', 'Event-loop lag since the last scrape, mean.', lag.mean)
  text.gauge('nodejs_eventloop_lag_p99_seconds', 'Event-loop lag since the last scrape, 99 %.', lag.p99)
  text.gauge('nodejs_eventloop_lag_max_seconds', 'Event-loop lag since the last scrape, largest.', lag.max)
}
