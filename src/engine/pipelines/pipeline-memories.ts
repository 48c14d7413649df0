/**
 * What a pipeline remembers when it starts: that of the one whose place it takes, or what the last checkpoint has of it, where
 * it can read that and may; otherwise nothing.
 */
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { LANE_COUNT } from '../../memory/layout/lanes.layout.ts'
import type { CompiledPipeline } from '../../pipelines/compiler/compiled-pipeline.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import { COMBINED } from '../../pipelines/runtime/operator.ts'
import { Progress } from '../../pipelines/runtime/progress.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import { VelocityMemory } from '../../pipelines/velocity/velocity-memory.ts'
import { WorkMarks } from '../../pipelines/work-marks.ts'
import type { PipelineMemory, Running } from './running.ts'
import { readSnapshots, type StreamSnapshot } from './stream-snapshots.ts'

export interface PipelineMemoriesParts {
  readonly clock: Clock
  /** What was held before the engine's last end, by shard and of all shards; each pipeline finds its own in it. */
  readonly kept: readonly Uint8Array[]
  /** Entries of the lane that are done. */
  readonly consumed: (lane: number) => number
  readonly onWarning: (message: string) => void
}

export class PipelineMemories {
  readonly #parts: PipelineMemoriesParts
  readonly #kept: readonly Map<string, StreamSnapshot>[]
  /** Entries of the lanes that were done before any worker began: what is kept goes by these. */
  readonly #begun: readonly number[]
  /** Pipelines that could not read what was kept of them. */
  readonly #lost = new Set<string>()

  constructor(parts: PipelineMemoriesParts) {
    this.#parts = parts
    this.#kept = parts.kept.map(readSnapshots)
    this.#begun = Array.from({ length: LANE_COUNT }, (_, lane) => parts.consumed(lane))
  }

  hasLost(pipeline: string): boolean {
    return this.#lost.has(pipeline)
  }

  /** What was kept of the pipeline is not needed any more. */
  forget(pipeline: string): void {
    for (const snapshots of this.#kept) snapshots.delete(pipeline)
  }

  /** Throws `conflict` where `onChange` is `refuse` and the state doesn't fit. */
  of({ definition, fingerprint }: CompiledPipeline, before: Running | undefined): PipelineMemory {
    const { onChange, bytes, whenFull } = definition.state
    const isSame = before?.compiled.fingerprint.structure === fingerprint.structure
    const isVersion = before?.compiled.definition.version === definition.version
    if (before !== undefined && isSame && (isVersion || onChange === 'migrate')) {
      const { state, progress, velocity, marks } = before
      return { state, progress, velocity, marks }
    }
    if (before !== undefined && onChange === 'refuse')
      throw new MillraceError(
        'conflict',
        `${definition.name}: the state of version ${before.compiled.definition.version} is not that of version ` +
          `${definition.version}; allowed by state.onChange: fresh, or migrate where the stages are the same`,
      )
    const state = PipelineState.reserve({ bytes, whenFull, layout: fingerprint.structure })
    const progress = Progress.begin(this.#parts.clock.nowMs(), this.#parts.consumed)
    // readings that were held back have been shown to nobody: they are the new one's
    const velocity = before?.velocity ?? VelocityMemory.reserve()
    const memory = { state, progress, velocity, marks: WorkMarks.reserve() }
    if (before === undefined) this.#restore(definition, memory)
    return memory
  }

  /** What the last checkpoint has of the pipeline, where it may stay. */
  #restore(
    { name, version, state: { onChange } }: PipelineDefinition,
    { state, progress, velocity }: PipelineMemory,
  ): void {
    const kept = this.#kept.map((snapshots) => snapshots.get(name))
    const first = kept[0]
    if (first === undefined) return
    const nowMs = this.#parts.clock.nowMs()
    kept.slice(0, COMBINED).forEach((part, shard) => part && velocity.held(shard).restore(part.held, nowMs))
    const mayStay = first.version === version || onChange === 'migrate'
    const isRestored =
      mayStay && kept.every((part, shard) => part === undefined || state.restore(shard, part.state))
    if (isRestored) {
      kept.forEach(
        (part, shard) => part && progress.restore(shard, part.progress, (lane) => this.#begun[lane]),
      )
      return
    }
    const words = `${name}: what version ${first.version} held is not for version ${version}`
    if (onChange === 'refuse') throw new MillraceError('conflict', `${words}; state.onChange is refuse`)
    for (let shard = 0; shard <= COMBINED; shard++) state.clear(shard)
    this.#lost.add(name)
    this.#parts.onWarning(`${words}; it begins anew`)
  }
}
