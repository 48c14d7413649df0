import {
  type PipelineDefinition,
  SOURCE,
  type StateOptions,
  type VelocityOptions,
} from '../definition/definition.ts'
import { SLICE_READINGS } from '../../core/limits.ts'
import { inMs, type PipelineHead } from './draft.ts'
import type { Duration } from './duration.ts'
import type { Reading } from './reading.ts'
import { Stage, type Stream } from './stage.ts'

export interface PipelineOptions<Metric extends string = string> {
  /** Only readings of these are shown; otherwise all. */
  readonly metrics?: readonly Metric[]
  /** Raise it when the meaning changes; `onChange` says what then becomes of the state. */
  readonly version?: number
  readonly state?: Partial<Pick<StateOptions, 'bytes' | 'whenFull'>>
  /** How far event times may be behind the latest without being late. */
  readonly lateness?: Duration
  /** A shard without readings for this long holds nothing back. */
  readonly idle?: Duration
  /** What a changed definition does with the state of the one before. */
  readonly onChange?: StateOptions['onChange']
  /** Live, readings of fast devices are shown in batches; otherwise all as they come. */
  readonly velocity?: VelocityPolicy<Metric>
}

/** Which devices are fast. */
export interface VelocityPolicy<Metric extends string = string> {
  /** From so many readings a second a device is fast; below `slow` (half of it) no longer. */
  readonly fast: number
  readonly slow?: number
  /** `fast`: a device that sends it is fast; `slow`: its readings don't count. */
  readonly metrics?: Readonly<Partial<Record<Metric, 'fast' | 'slow'>>>
  /** Always, or never. */
  readonly devices?: Readonly<Record<string, 'fast' | 'slow'>>
  /** As many readings together (256) as come within `delay` (50 ms). */
  readonly batch?: { readonly readings?: number; readonly delay?: Duration }
}

const STATE_BYTES = 64 * 2 ** 20

/** The stream of readings, from which all stages go out. */
export class Pipeline<Metric extends string = string> extends Stage<Reading<Metric>> {
  /** Several stages as one pipeline: all that leads to them. */
  ends(...stages: readonly Stream[]): this {
    return this.also(stages)
  }
}

/**
 * Begins a pipeline. The module that has it exports its last stage as `default`.
 *
 * @example
 * export default pipeline('cold-chain', { metrics: ['temperature'], lateness: '10s' })
 *   .window(tumbling('1m'), { by: 'device', aggregate: { warmest: max() } })
 *   .alert('too-warm', { when: (w) => w.warmest > 8, severity: 'high' })
 */
export function pipeline<const Metric extends string = string>(
  name: string,
  options: PipelineOptions<Metric> = {},
): Pipeline<Metric> {
  return new Pipeline({ head: headOf(name, options), at: SOURCE, key: undefined, ends: [] })
}

function headOf(name: string, options: PipelineOptions): PipelineHead {
  const { metrics, version = 1, state, lateness = '5s', idle = '30s', onChange = 'fresh', velocity } = options
  return {
    ...{ name, version, metrics },
    state: { bytes: STATE_BYTES, whenFull: 'evict-oldest', ...state, onChange },
    time: { latenessMs: inMs(lateness), idleMs: inMs(idle) },
    ...(velocity && { velocity: velocityOf(velocity) }),
  }
}

function velocityOf(policy: VelocityPolicy): VelocityOptions {
  const { fast, slow = fast / 2, metrics = {}, devices = {}, batch = {} } = policy
  const { readings = SLICE_READINGS, delay = '50ms' } = batch
  return {
    ...{ fast, slow, devices, batch: { readings, delayMs: inMs(delay) } },
    metrics: metrics as VelocityOptions['metrics'],
  }
}

/** The definition in what a module exports as `default`: a stage, a class with @stage members, or a definition itself. */
export function definitionIn(value: unknown): PipelineDefinition | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  if ('millrace' in value && value.millrace === 'pipeline' && 'nodes' in value)
    return value as PipelineDefinition
  return 'definition' in value ? definitionIn(value.definition) : undefined
}
