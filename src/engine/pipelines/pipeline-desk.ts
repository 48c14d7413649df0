import { MillraceError } from '../../core/errors.ts'
import type { PipelineStats } from '../../core/stats.ts'
import { LANE_COUNT } from '../../memory/layout/lanes.layout.ts'
import type { CompiledPipeline } from '../../pipelines/compiler/compiled-pipeline.ts'
import { compilePipeline } from '../../pipelines/compiler/compile.ts'
import type { SinkCheck } from '../../pipelines/compiler/sink-check.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import type { Lookup, Origin } from '../../pipelines/definition/outside.ts'
import { loadDefinition } from '../../pipelines/load-definition.ts'
import { COMBINED } from '../../pipelines/runtime/operator.ts'
import type { StreamMessage } from '../../pipelines/stream-messages.ts'
import type { StreamRecipe } from '../../pipelines/stream-recipe.ts'
import type { VelocityMemory } from '../../pipelines/velocity/velocity-memory.ts'
import type { Blame } from '../lost-work.ts'
import { blameOf } from './blame.ts'
import { PipelineMemories, type PipelineMemoriesParts } from './pipeline-memories.ts'
import { closeTables, type PipelineOutside, type Tables } from './pipeline-outside.ts'
import { alertRulesOf } from './raised-by.ts'
import type { PipelineMemory, Running } from './running.ts'
import type { StreamShare } from './stream-snapshots.ts'

export interface PipelineDeskParts extends PipelineMemoriesParts {
  readonly lookup: Lookup
  /** What workers know of devices. */
  readonly devices: () => SharedArrayBuffer
  /** Resolves when all workers run what `prepare` returns, which is called while none is at its lanes. */
  readonly setStreams: (prepare: () => Promise<readonly StreamRecipe[]>) => Promise<void>
  /** Takes in what workers have said so far. */
  readonly drain: () => void
  /** Reads what a pipeline needs from outside. */
  readonly openTables: (compiled: CompiledPipeline) => Promise<Tables>
  /** Opens what a pipeline says to the outside. */
  readonly openOutside: (compiled: CompiledPipeline, tables: Tables) => Promise<PipelineOutside>
  readonly checkSink: SinkCheck
  readonly maxPipelines: number
  /** How long it may take to hand on what waits at the end of a pipeline. */
  readonly closingMs: number
  /** What a pipeline held while it ran is gone: it was removed, or another took its place that can't read it. */
  readonly onForgotten: (pipeline: string) => void
}

/** Readings wait while one pipeline is replaced by another, so its sinks have no longer than this. */
const REPLACED_CLOSING_MS = 1000

/** The pipelines that run: adds, replaces and removes them while readings flow, and hears what they say. */
export class PipelineDesk {
  readonly #parts: PipelineDeskParts
  readonly #running = new Map<string, Running>()
  /** Changes come one after the other. */
  #change: Promise<unknown> = Promise.resolve()
  #loads = 0
  readonly #memories: PipelineMemories
  /** Readings pass these by. */
  #paused: ReadonlySet<string> = new Set()

  constructor(parts: PipelineDeskParts) {
    this.#parts = parts
    this.#memories = new PipelineMemories(parts)
  }

  list(): PipelineStats[] {
    return [...this.#running.values()].map(
      ({ compiled: { definition }, url, progress, state, velocity }) => ({
        ...{ name: definition.name, version: definition.version, url },
        ...progress.figures(),
        state: state.figures(),
        velocity: shownVelocity(definition, velocity),
      }),
    )
  }

  /**
   * Starts the pipeline of a module. One of the same name is replaced: readings go to the old one or to the new one, never
   * to both or none; its state stays when the new one can read it and `onChange` doesn't say otherwise. Throws
   * pipeline-failed, and `conflict` where `onChange` is `refuse` and the state doesn't fit; then the old one goes on.
   */
  start(url: string, shownUrl = url): Promise<PipelineStats> {
    return this.#oneByOne(() => this.#start(url, shownUrl))
  }

  /** Ends a pipeline; what it has collected is gone. Throws not-found. */
  remove(name: string): Promise<void> {
    return this.#oneByOne(async () => {
      const running = this.#running.get(name)
      if (running === undefined)
        throw new MillraceError('not-found', `there is no pipeline ${name}`, { name })
      await this.#parts.setStreams(() => {
        this.#parts.drain()
        this.#running.delete(name)
        return Promise.resolve(this.#recipes())
      })
      this.#parts.onForgotten(name)
      await running.outside.close(this.#parts.closingMs)
    })
  }

  /**
   * Readings pass by the pipelines of these names from now on, and by no others; what they hold stays. Those that go on again
   * don't see what passed meanwhile.
   */
  pause(names: readonly string[]): Promise<void> {
    return this.#oneByOne(async () => {
      const paused = new Set(names)
      if (paused.size === this.#paused.size && names.every((name) => this.#paused.has(name))) return
      await this.#parts.setStreams(() => {
        this.#parts.drain()
        for (const name of this.#paused) if (!paused.has(name)) this.#passBy(name)
        this.#paused = paused
        return Promise.resolve(this.#recipes())
      })
    })
  }

  /** Nobody is at the lanes: what is done in them is done for this pipeline too. */
  #passBy(name: string): void {
    const progress = this.#running.get(name)?.progress
    for (let lane = 0; progress !== undefined && lane < LANE_COUNT; lane++) {
      const consumed = this.#parts.consumed(lane)
      if (progress.ahead(lane, consumed) === 0) progress.skip(lane, consumed)
    }
  }

  rulesOf(pipeline: string): ReadonlySet<string> | undefined {
    const running = this.#running.get(pipeline)
    return running && alertRulesOf(running.compiled.definition)
  }

  hasLost(pipeline: string): boolean {
    return this.#memories.hasLost(pipeline)
  }

  /** Gives the workers the rows of reference tables as they are now. */
  refresh(): Promise<void> {
    return this.#oneByOne(() => this.#parts.setStreams(() => Promise.resolve(this.#recipes())))
  }

  /** What a checkpoint is to copy. */
  shares(): readonly StreamShare[] {
    return [...this.#running.values()].map(({ compiled, recipe }) => ({
      ...{ name: recipe.name, version: compiled.definition.version, state: recipe.state },
      ...{ whenFull: compiled.definition.state.whenFull, layout: compiled.fingerprint.structure },
      ...{ progress: recipe.progress, velocity: recipe.velocity },
    }))
  }

  /** Takes in what a worker's pipeline says. */
  receive(message: StreamMessage, ticket: number): void {
    const running = this.#running.get(message.pipeline)
    running?.outside.receive(message, ticket)
  }

  /** Puts an item in again at the node that gave it up; '' or why that cannot be. */
  replay(pipeline: string, node: string, item: unknown, origin: Origin): string {
    const running = this.#running.get(pipeline)
    if (running === undefined) return `no pipeline ${JSON.stringify(pipeline)} runs here`
    return running.outside.replay(node, item, origin)
  }

  /**
   * A worker died with these shards. A result that it was giving will be given again, a few times; of readings that were
   * held back fewer are shown, until one alone is given up.
   */
  workerDied(worker: number, shards: readonly number[], cause: unknown): Blame | undefined {
    const blames = [...this.#running.values()].flatMap((running) => {
      const hasCombined = running.progress.releaseCombined(worker + 1)
      return (hasCombined ? [...shards, COMBINED] : shards).flatMap((shard) => blameOf(running, shard, cause))
    })
    return blames[0]
  }

  /** The workers have ended: what is still on its way outside gets there, within a time. */
  async close(): Promise<void> {
    await this.#change.catch(() => undefined)
    await Promise.all([...this.#running.values()].map(({ outside }) => outside.close(this.#parts.closingMs)))
  }

  async #start(url: string, shownUrl: string): Promise<PipelineStats> {
    const { lookup, maxPipelines } = this.#parts
    const fresh = this.#fresh(url)
    const definition = await loadDefinition(fresh, this.#parts.checkSink)
    const { name } = definition
    const before = this.#running.get(name)
    if (before === undefined && this.#running.size >= maxPipelines)
      throw new MillraceError('limit-reached', `at most ${maxPipelines} pipelines (limits.pipelines)`)
    const compiled = compilePipeline(definition, lookup)
    const memory = this.#memories.of(compiled, before)
    const tables = await this.#parts.openTables(compiled)
    try {
      await this.#parts.setStreams(async () => {
        this.#parts.drain()
        await before?.outside.close(REPLACED_CLOSING_MS)
        const outside = await this.#parts.openOutside(compiled, tables)
        const recipe = this.#recipeOf(name, fresh, memory)
        this.#running.set(name, { url: shownUrl, compiled, recipe, ...memory, outside })
        return this.#recipes()
      })
    } catch (error) {
      closeTables(tables)
      await this.#goBack(name, before)
      throw error
    }
    this.#memories.forget(name)
    if (before !== undefined && before.state !== memory.state) this.#parts.onForgotten(name)
    return this.list().find((stats) => stats.name === name) as PipelineStats
  }

  /** What was to be started cannot run: the one before goes on. */
  async #goBack(name: string, before: Running | undefined): Promise<void> {
    await this.#parts.setStreams(async () => {
      this.#parts.drain()
      await this.#running.get(name)?.outside.close(REPLACED_CLOSING_MS)
      this.#running.delete(name)
      if (before === undefined) return this.#recipes()
      const tables = await this.#parts.openTables(before.compiled)
      const outside = await this.#parts.openOutside(before.compiled, tables)
      this.#running.set(name, { ...before, outside })
      return this.#recipes()
    })
  }

  #recipeOf(
    name: string,
    url: string,
    { state, progress, marks, velocity }: PipelineMemory,
  ): Omit<StreamRecipe, 'references'> {
    const devices = this.#parts.devices()
    const memory = { state: state.buffer, progress: progress.buffer, marks: marks.buffer }
    return { name, url, ...memory, velocity: velocity.buffer, devices }
  }

  #recipes(): readonly StreamRecipe[] {
    return [...this.#running.values()]
      .filter(({ recipe }) => !this.#paused.has(recipe.name))
      .map(({ recipe, outside: { references } }) => ({ ...recipe, references }))
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

/** Also without a policy the engine may have asked for batches. */
function shownVelocity({ velocity }: PipelineDefinition, memory: VelocityMemory): PipelineStats['velocity'] {
  const figures = memory.figures()
  return velocity === undefined && figures.batches === 0 ? null : figures
}
