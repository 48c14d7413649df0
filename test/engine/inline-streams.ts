/** Pipelines in the workers of an inline engine, put together as the engine's own threads do. */
import type { PipelineDefinition } from '../../src/pipelines/definition/definition.ts'
import { compilePipeline } from '../../src/pipelines/compiler/compile.ts'
import type { DeviceRow, Lookup } from '../../src/pipelines/definition/outside.ts'
import { LaneStream } from '../../src/pipelines/lane-stream.ts'
import { LaneStreams } from '../../src/pipelines/lane-streams.ts'
import { ReferenceRows } from '../../src/pipelines/reference/reference-rows.ts'
import { LaneBlock } from '../../src/pipelines/runtime/lane-block.ts'
import { PipelineRuntime } from '../../src/pipelines/runtime/pipeline-runtime.ts'
import { Progress } from '../../src/pipelines/runtime/progress.ts'
import { PipelineState } from '../../src/pipelines/state/pipeline-state.ts'
import { VelocityGate } from '../../src/pipelines/velocity/velocity-gate.ts'
import { VelocityMemory } from '../../src/pipelines/velocity/velocity-memory.ts'
import { WorkMarks } from '../../src/pipelines/work-marks.ts'
import { Outcomes } from '../../src/testing/outcomes.ts'
import type { InlineEngine, OpenStreams } from './inline-engine.ts'

export interface Move {
  readonly device: number
  readonly to: 'fast' | 'slow'
  readonly perSecond: number
  readonly atMs: number
}

/** One pipeline's memory and what came of it. */
export class InlineStream {
  readonly outcomes = new Outcomes()
  readonly moves: Move[] = []
  readonly progress = Progress.begin(0)
  readonly marks = WorkMarks.reserve()
  readonly velocity = VelocityMemory.reserve()
  readonly workers: LaneStreams[] = []
  readonly #definition: PipelineDefinition
  readonly #state: PipelineState
  readonly #layout: string

  constructor(definition: PipelineDefinition, lookup: Lookup) {
    const { fingerprint } = compilePipeline(definition, lookup)
    const { bytes, whenFull } = definition.state
    this.#definition = definition
    this.#layout = fingerprint.structure
    this.#state = PipelineState.reserve({ bytes, whenFull, layout: this.#layout })
  }

  open(engine: InlineEngine, worker: number): LaneStreams {
    const { clock, outcomes, progress, marks } = { ...this, clock: engine.clock }
    const { memory, plan, kernels } = engine.foundation
    const lookup = lookupOf(engine)
    const compiled = compilePipeline(this.#definition, lookup)
    const { whenFull } = this.#definition.state
    const stream = new PipelineRuntime({
      ...{ compiled, lookup, outlet: outcomes, counts: progress, guard: marks },
      state: PipelineState.open(this.#state.buffer, { whenFull, layout: this.#layout }),
      references: () => new ReferenceRows({ rows: new Map() }),
      door: progress.combinedDoor(worker + 1),
      areEarlyLeftOut: () => engine.economies.areEarlyResultsOff,
    })
    const velocity = new VelocityGate({
      memory: new VelocityMemory(this.velocity.buffer),
      ...{ policy: this.#definition.velocity, lookup, shortage: engine.economies },
      onMove: (device, to, perSecond) => this.moves.push({ device, to, perSecond, atMs: clock.ms }),
    })
    const giveUp = (): never => {
      throw new Error('nothing is given up here')
    }
    const running = new LaneStream({ stream, progress, marks, velocity, giveUp })
    const streams = new LaneStreams({
      ...{ memory, plan, clock, streams: [running] },
      block: new LaneBlock(memory, plan, kernels, worker),
    })
    this.workers.push(streams)
    return streams
  }
}

export const opening =
  (definition: PipelineDefinition, opened: (stream: InlineStream) => void): OpenStreams =>
  (engine, worker) => {
    let stream = streams.get(engine)
    if (stream === undefined) {
      stream = new InlineStream(definition, lookupOf(engine))
      streams.set(engine, stream)
      opened(stream)
    }
    return stream.open(engine, worker)
  }

const streams = new WeakMap<InlineEngine, InlineStream>()

const lookupOf = ({ directory }: InlineEngine): Lookup => ({
  metricName: (id) => directory.metricName(id),
  metricId: (name) => directory.dictionary.get(name)?.id,
  regionName: (index) => directory.regions.names[index],
  device: (id): DeviceRow | undefined => directory.registry.getById(id),
})
