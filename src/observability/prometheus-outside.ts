/** The part of `GET /metrics` about what leaves pipelines: their sinks, and what was given up. */
import type { DeadLetterStats, PipelineStats, SinkStats } from '../core/stats.ts'
import type { Exposition, Sample } from './exposition.ts'

type Figure =
  | 'delivered'
  | 'retried'
  | 'refused'
  | 'spilled'
  | 'dropped'
  | 'unwritable'
  | 'waiting'
  | 'spillBytes'
  | 'damagedSegments'

export function writePipelines(text: Exposition, pipelines: readonly PipelineStats[]): void {
  if (pipelines.length === 0) return
  const of = (figure: (stats: PipelineStats) => number): Sample[] =>
    pipelines.map((stats) => ({ labels: { pipeline: stats.name }, value: figure(stats) }))
  const figures: [string, string, (stats: PipelineStats) => number][] = [
    ['millrace_pipeline_readings_total', 'Readings taken in.', ({ readings }) => readings],
    ['millrace_pipeline_late_total', 'Readings too late for their window.', ({ late }) => late],
    ['millrace_pipeline_failed_total', 'Items that a user function threw over.', ({ failed }) => failed],
    ['millrace_pipeline_results_total', 'Results of windows.', ({ results }) => results],
    ['millrace_pipeline_keys_evicted_total', 'Keys that gave way.', ({ state }) => state.evicted],
    ['millrace_pipeline_keys_refused_total', 'Keys without room.', ({ state }) => state.refused],
  ]
  for (const [name, help, figure] of figures) text.counter(name, help, of(figure))
  text.gauge(
    'millrace_pipeline_keys',
    'Keys with state.',
    of(({ state }) => state.keys),
  )
  text.gauge(
    'millrace_pipeline_state_bytes',
    'Memory in use.',
    of(({ state }) => state.usedBytes),
  )
  writeVelocity(text, pipelines)
}

function writeVelocity(text: Exposition, pipelines: readonly PipelineStats[]): void {
  const all = pipelines.flatMap(({ name, velocity }) => (velocity === null ? [] : [{ name, velocity }]))
  if (all.length === 0) return
  const of = (figure: (stats: NonNullable<PipelineStats['velocity']>) => number): Sample[] =>
    all.map(({ name, velocity }) => ({ labels: { pipeline: name }, value: figure(velocity) }))
  text.gauge(
    'millrace_pipeline_fast_devices',
    'Devices whose readings are shown in batches.',
    of(({ fast }) => fast),
  )
  text.counter(
    'millrace_pipeline_velocity_moves_total',
    'Devices that became fast or slow.',
    all.flatMap(({ name, velocity }) => [
      { labels: { pipeline: name, to: 'fast' }, value: velocity.toFast },
      { labels: { pipeline: name, to: 'slow' }, value: velocity.toSlow },
    ]),
  )
  text.counter(
    'millrace_pipeline_batches_total',
    'Batches of readings of fast devices.',
    of(({ batches }) => batches),
  )
  text.counter(
    'millrace_pipeline_batched_readings_total',
    'Readings shown in batches.',
    of(({ batched }) => batched),
  )
}

export function writeSinks(text: Exposition, sinks: readonly SinkStats[]): void {
  if (sinks.length === 0) return
  const labelsOf = ({ pipeline, node, type }: SinkStats) => ({ pipeline, node, type })
  const of = (figure: Figure): Sample[] =>
    sinks.map((sink) => ({ labels: labelsOf(sink), value: sink[figure] }))
  text.counter('millrace_sink_items_delivered_total', 'Items handed on.', of('delivered'))
  text.counter('millrace_sink_retries_total', 'Attempts that failed and are repeated.', of('retried'))
  text.counter('millrace_sink_items_refused_total', 'Items that the outside will not have.', of('refused'))
  text.counter('millrace_sink_items_spilled_total', 'Items put on disk.', of('spilled'))
  text.counter('millrace_sink_items_dropped_total', 'Items that gave way for lack of room.', of('dropped'))
  text.counter('millrace_sink_items_unwritable_total', 'Items that JSON cannot hold.', of('unwritable'))
  text.gauge('millrace_sink_items_waiting', 'Items in memory and on disk.', of('waiting'))
  text.gauge('millrace_sink_spill_bytes', 'Bytes on disk.', of('spillBytes'))
  text.counter('millrace_sink_damaged_segments_total', 'Spilled files not whole.', of('damagedSegments'))
  const failing = sinks.map((sink) => ({ labels: labelsOf(sink), value: (sink.failingSince ?? 0) / 1000 }))
  text.gauge('millrace_sink_failing_since_seconds', 'Since when nothing is taken; 0 = it is well.', failing)
  const own = sinks.flatMap((sink) =>
    Object.entries(sink.own).map(([figure, value]) => ({ labels: { ...labelsOf(sink), figure }, value })),
  )
  if (own.length > 0) text.gauge('millrace_sink_own_figure', 'Figures of one type of sink.', own)
}

export function writeDeadLetters(text: Exposition, letters: readonly DeadLetterStats[]): void {
  if (letters.length === 0) return
  const of = (figure: 'seen' | 'replayed' | 'kept'): Sample[] =>
    letters.map(({ pipeline, node, ...figures }) => ({ labels: { pipeline, node }, value: figures[figure] }))
  text.counter('millrace_dead_letters_total', 'Given up, by pipeline and node.', of('seen'))
  text.counter('millrace_dead_letters_replayed_total', 'Put back in.', of('replayed'))
  text.gauge('millrace_dead_letters_kept', 'Kept now.', of('kept'))
}
