import type { Clock } from '../../core/clock.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import type { Economies } from '../../memory/economies.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { compilePipeline } from '../../pipelines/compiler/compile.ts'
import { SOURCE } from '../../pipelines/definition/definition.ts'
import { LaneStream } from '../../pipelines/lane-stream.ts'
import { LaneStreams } from '../../pipelines/lane-streams.ts'
import { loadDefinition } from '../../pipelines/load-definition.ts'
import { ReferenceRows } from '../../pipelines/reference/reference-rows.ts'
import { LaneBlock } from '../../pipelines/runtime/lane-block.ts'
import { PipelineRuntime } from '../../pipelines/runtime/pipeline-runtime.ts'
import { Progress } from '../../pipelines/runtime/progress.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import { type MessagePost, StreamMessages } from '../../pipelines/stream-messages.ts'
import type { StreamRecipe } from '../../pipelines/stream-recipe.ts'
import { VelocityGate } from '../../pipelines/velocity/velocity-gate.ts'
import { VelocityMemory } from '../../pipelines/velocity/velocity-memory.ts'
import { WorkMarks } from '../../pipelines/work-marks.ts'
import type { MetricNames } from './metric-names.ts'
import { WorkerLookup } from './worker-lookup.ts'

export interface StreamHost {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly kernels: Kernels
  readonly clock: Clock
  readonly worker: number
  readonly economies: Economies
  readonly metrics: MetricNames
  readonly regions: readonly string[]
  /** To the main thread. */
  readonly post: MessagePost
}

/** The pipelines of a worker, at least one. Throws pipeline-failed. */
export async function openStreams(recipes: readonly StreamRecipe[], host: StreamHost): Promise<LaneStreams> {
  const { memory, plan, kernels, clock, worker } = host
  const streams = await Promise.all(recipes.map((recipe) => openStream(recipe, host)))
  return new LaneStreams({
    memory,
    plan,
    clock,
    streams,
    block: new LaneBlock(memory, plan, kernels, worker),
  })
}

async function openStream(recipe: StreamRecipe, host: StreamHost): Promise<LaneStream> {
  const definition = await loadDefinition(recipe.url)
  const lookup = new WorkerLookup(host.metrics, host.regions, recipe.devices)
  const progress = new Progress(recipe.progress)
  const marks = new WorkMarks(recipe.marks)
  const compiled = compilePipeline(definition, lookup)
  const outlet = new StreamMessages(definition.name, host.post)
  const stream = new PipelineRuntime({
    ...{ compiled, lookup, outlet, counts: progress, guard: marks },
    state: PipelineState.open(recipe.state, {
      whenFull: definition.state.whenFull,
      layout: compiled.fingerprint.structure,
    }),
    references: (node) => new ReferenceRows(recipe.references.get(node) ?? { rows: new Map() }),
    door: progress.combinedDoor(host.worker + 1),
    areEarlyLeftOut: () => host.economies.areEarlyResultsOff,
  })
  const memory = new VelocityMemory(recipe.velocity)
  const velocity = new VelocityGate({
    ...{ memory, lookup, policy: definition.velocity, shortage: host.economies },
    onMove: (device, to, perSecond) => outlet.moved({ device, to, perSecond }),
  })
  return new LaneStream({
    ...{ stream, progress, marks, velocity },
    giveUp: (block, row, error) =>
      outlet.deadLetter({
        ...{ node: SOURCE, cause: String(error), isDeadly: true },
        ...compiled.envelopeAt(block, row, SOURCE),
      }),
  })
}
