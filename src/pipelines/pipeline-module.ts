import { MillraceError } from '../core/errors.ts'
import type { AnomalyEvent } from './anomaly-event.ts'
import type { PipelineContext } from './pipeline-context.ts'
import type { ReadingBatch } from './reading-batch.ts'

/**
 * What a pipeline module exports (as `default`, or as names of its own). It is loaded in every worker; its functions
 * are called synchronously, for a shard at a time, and must not await.
 *
 * @example
 * export const name = 'freezer-watch'
 * export const metrics = ['temperature']
 * export function onReadings(batch, ctx) {
 *   while (batch.next()) if (batch.value > -10) ctx.alert({ rule: 'too-warm', message: 'thawing' })
 * }
 */
export interface PipelineModule {
  readonly name: string
  /** Only readings of these metrics are shown; absent = all. */
  readonly metrics?: readonly string[]
  /** Numbers of state per shard (see PipelineContext.state); absent = none. */
  readonly stateSize?: number
  /** Sees each reading once, in order within its series. If it throws, the readings are tried again in smaller batches. */
  onReadings?(batch: ReadingBatch, ctx: PipelineContext): void
  /** Sees each anomaly event, before any routine reading that waits. */
  onAnomaly?(event: AnomalyEvent, ctx: PipelineContext): void
}

const MAX_STATE_SIZE = 65_536

/** Loads and checks a pipeline module; throws `pipeline-failed` with what is wrong. */
export async function loadPipeline(url: string): Promise<PipelineModule> {
  const exports = await importModule(url)
  const candidate = (
    typeof exports.default === 'object' && exports.default !== null ? exports.default : exports
  ) as Record<string, unknown>
  const fault = faultOf(candidate)
  if (fault !== undefined) throw new MillraceError('pipeline-failed', `${url}: ${fault}`, { url })
  return candidate as unknown as PipelineModule
}

async function importModule(url: string): Promise<Record<string, unknown>> {
  try {
    return (await import(url)) as Record<string, unknown>
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('pipeline-failed', `${url} cannot be loaded: ${reason}`, { url }, error)
  }
}

function faultOf({
  name,
  metrics,
  stateSize,
  onReadings,
  onAnomaly,
}: Record<string, unknown>): string | undefined {
  if (typeof name !== 'string' || name === '') return 'name must be a string that is not empty'
  if (metrics !== undefined && !isNames(metrics)) return 'metrics must be a list of metric names'
  if (stateSize !== undefined && !isStateSize(stateSize))
    return `stateSize must be a whole number from 0 to ${MAX_STATE_SIZE}`
  if (onReadings !== undefined && typeof onReadings !== 'function') return 'onReadings must be a function'
  if (onAnomaly !== undefined && typeof onAnomaly !== 'function') return 'onAnomaly must be a function'
  return onReadings === undefined && onAnomaly === undefined
    ? 'it exports neither onReadings nor onAnomaly'
    : undefined
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === 'string')

const isStateSize = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_STATE_SIZE
