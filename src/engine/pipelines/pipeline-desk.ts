import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { PipelineStats } from '../../core/stats.ts'
import type { ReferenceData } from '../../pipelines/reference/reference-rows.ts'
import type { CompiledPipeline } from '../../pipelines/compiler/compiled-pipeline.ts'
import { compilePipeline } from '../../pipelines/compiler/compile.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import type { Lookup, Origin } from '../../pipelines/definition/outside.ts'
import { loadDefinition } from '../../pipelines/load-definition.ts'
import { COMBINED } from '../../pipelines/runtime/operator.ts'
import { Progress } from '../../pipelines/runtime/progress.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import type { StreamMessage } from '../../pipelines/stream-messages.ts'
import type { StreamRecipe } from '../../pipelines/stream-recipe.ts'
import { readSnapshots, type StreamShare, type StreamSnapshot } from './stream-snapshots.ts'
import type { PipelineOutside } from './pipeline-outside.ts'

export interface PipelineDeskParts {
  readonly clock: Clock
  readonly lookup: Lookup
  /** What workers know of devices. */
  readonly devices: () => SharedArrayBuffer
  /** Resolves when all workers run these. */
  readonly setStreams: (streams: readonly StreamRecipe[]) => Promise<void>
  /** Opens what a pipeline says to the outside, and reads what it needs from there. */
  readonly openOutside: (compiled: CompiledPipeline) => Promise<PipelineOutside>
  readonly maxPipelines: number
  /** What was held before the engine's last end, by shard and of all shards; each pipeline finds its own in it. */
  readonly kept: readonly Uint8Array[]
  /** Entries of the lane that are done. */
  readonly consumed: (lane: number) => number
  readonly onWarning: (message: string) => void
}

interface Running {
  readonly url: string
  readonly compiled: CompiledPipeline
  readonly recipe: StreamRecipe
  readonly state: PipelineState
  readonly progress: Progress
  readonly outside: PipelineOutside
}

/** The pipelines that run: adds, replaces and removes them while readings flow, and hears what they say. */
export class PipelineDesk {
  readonly #parts: PipelineDeskParts
  readonly #running = new Map<string, Running>()
  /** Of one that was replaced or removed, until the last worker has left it. */
  readonly #leaving = new Map<string, Running>()
  /** Changes come one after the other. */
  #change: Promise<unknown> = Promise.resolve()
  #loads = 0
  readonly #kept: readonly Map<string, StreamSnapshot>[]

  constructor(parts: PipelineDeskParts) {
    this.#parts = parts
    this.#kept = parts.kept.map(readSnapshots)
  }

  get isEmpty(): boolean {
    return this.#running.size === 0
  }

  list(): PipelineStats[] {
    return [...this.#running.values()].map(({ compiled, url, progress, state }) => ({
      ...{ name: compiled.definition.name, version: compiled.definition.version, url },
      ...progress.figures(),
      state: state.figures(),
    }))
  }

  /**
   * Starts the pipeline of a module. One of the same name is replaced: readings go to the old one or to the new one, never
   * to both or none; its state stays when the new one can read it and `onChange` doesn't say otherwise. Throws
   * pipeline-failed, and `conflict` where `onChange` is `refuse` and the state doesn't fit; then the old one goes on.
   */
  start(url: string): Promise<PipelineStats> {
    return this.#oneByOne(() => this.#start(url))
  }

  /** Ends a pipeline; what it has collected is gone. Throws not-found. */
  remove(name: string): Promise<void> {
    return this.#oneByOne(async () => {
      const running = this.#running.get(name)
      if (running === undefined)
        throw new MillraceError('not-found', `there is no pipeline ${name}`, { name })
      this.#running.delete(name)
      this.#leaving.set(name, running)
      await this.#share()
      this.#leaving.delete(name)
      await running.outside.close()
    })
  }

  /** Gives the workers the rows of reference tables as they are now. */
  refresh(): Promise<void> {
    return this.#oneByOne(() => this.#share())
  }

  /** What a checkpoint is to copy. */
  shares(): readonly StreamShare[] {
    return [...this.#running.values()].map(({ compiled, recipe }) => ({
      ...{ name: recipe.name, version: compiled.definition.version, state: recipe.state },
      ...{ whenFull: compiled.definition.state.whenFull, layout: compiled.fingerprint.structure },
      progress: recipe.progress,
    }))
  }

  /** Takes in what a worker's pipeline says. */
  receive(message: StreamMessage, ticket: number): void {
    const running = this.#running.get(message.pipeline) ?? this.#leaving.get(message.pipeline)
    running?.outside.receive(message, ticket)
  }

  /** Puts an item in again at the node that gave it up; '' or why that cannot be. */
  replay(pipeline: string, node: string, item: unknown, origin: Origin): string {
    const running = this.#running.get(pipeline)
    if (running === undefined) return `no pipeline ${JSON.stringify(pipeline)} runs here`
    return running.outside.replay(node, item, origin)
  }

  /** What a worker that died may have held. */
  workerDied(worker: number): void {
    for (const { progress } of this.#running.values()) progress.releaseCombined(worker + 1)
  }

  /** The workers have ended: what is still on its way outside gets there, within a time. */
  async close(): Promise<void> {
    await this.#change.catch(() => undefined)
    await Promise.all([...this.#running.values()].map(({ outside }) => outside.close()))
  }

  async #start(url: string): Promise<PipelineStats> {
    const { lookup, maxPipelines } = this.#parts
    const fresh = this.#fresh(url)
    const definition = await loadDefinition(fresh)
    const before = this.#running.get(definition.name)
    if (before === undefined && this.#running.size >= maxPipelines)
      throw new MillraceError('limit-reached', `at most ${maxPipelines} pipelines (limits.pipelines)`)
    const compiled = compilePipeline(definition, lookup)
    const { state, progress } = this.#stateOf(compiled, before)
    await before?.outside.close()
    const outside = await this.#parts.openOutside(compiled)
    const recipe = this.#recipeOf(definition.name, fresh, state, progress, outside.references)
    this.#running.set(definition.name, { url, compiled, recipe, state, progress, outside })
    try {
      await this.#share()
    } catch (error) {
      this.#running.delete(definition.name)
      await outside.close()
      throw error
    }
    return this.list().find(({ name }) => name === definition.name) as PipelineStats
  }

  /** The one before's where it fits and may stay. */
  #stateOf({ definition, fingerprint }: CompiledPipeline, before: Running | undefined) {
    const { onChange, bytes, whenFull } = definition.state
    const isSame = before?.compiled.fingerprint.structure === fingerprint.structure
    const isVersion = before?.compiled.definition.version === definition.version
    if (before !== undefined && isSame && (isVersion || onChange === 'migrate'))
      return { state: before.state, progress: before.progress }
    if (before !== undefined && onChange === 'refuse')
      throw new MillraceError(
        'conflict',
        `${definition.name}: the state of version ${before.compiled.definition.version} is not that of version ` +
          `${definition.version}; allowed by state.onChange: fresh, or migrate where the stages are the same`,
      )
    const state = PipelineState.reserve({ bytes, whenFull, layout: fingerprint.structure })
    const progress = Progress.begin(this.#parts.clock.nowMs())
    if (before === undefined) this.#restore(definition, state, progress)
    return { state, progress }
  }

  /** What the last checkpoint has of the pipeline, where it may stay. */
  #restore(
    { name, version, state: { onChange } }: PipelineDefinition,
    state: PipelineState,
    progress: Progress,
  ): void {
    const kept = this.#kept.map((snapshots) => snapshots.get(name))
    const first = kept[0]
    if (first === undefined) return
    const mayStay = first.version === version || onChange === 'migrate'
    const isRestored =
      mayStay && kept.every((part, shard) => part === undefined || state.restore(shard, part.state))
    if (isRestored) {
      kept.forEach((part, shard) => part && progress.restore(shard, part.progress, this.#parts.consumed))
      return
    }
    const words = `${name}: what version ${first.version} held is not for version ${version}`
    if (onChange === 'refuse') throw new MillraceError('conflict', `${words}; state.onChange is refuse`)
    for (let shard = 0; shard <= COMBINED; shard++) state.clear(shard)
    this.#parts.onWarning(`${words}; it begins anew`)
  }

  #recipeOf(
    name: string,
    url: string,
    state: PipelineState,
    progress: Progress,
    references: ReadonlyMap<string, ReferenceData>,
  ): StreamRecipe {
    const devices = this.#parts.devices()
    return { name, url, state: state.buffer, progress: progress.buffer, devices, references }
  }

  #share(): Promise<void> {
    const recipes = [...this.#running.values()].map(({ recipe, outside: { references } }) => ({
      ...recipe,
      references,
    }))
    return this.#parts.setStreams(recipes)
  }

  /** Node keeps a module for good: a changed file is another module. */
  #fresh(url: string): string {
    const fresh = new URL(url)
    if (fresh.protocol === 'file:') fresh.searchParams.set('start', String(this.#loads++))
    return fresh.href
  }

  #oneByOne<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#change.then(act, act)
    this.#change = done.catch(() => undefined)
    return done
  }
}
