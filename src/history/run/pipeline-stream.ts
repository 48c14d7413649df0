import { readFileSync } from 'node:fs'
import { MillraceError } from '../../core/errors.ts'
import { compilePipeline } from '../../pipelines/compiler/compile.ts'
import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import { parseReference } from '../../pipelines/reference/parse-reference.ts'
import { ReferenceRows } from '../../pipelines/reference/reference-rows.ts'
import type { CombinedDoor } from '../../pipelines/runtime/combined-door.ts'
import { PipelineRuntime } from '../../pipelines/runtime/pipeline-runtime.ts'
import { Progress } from '../../pipelines/runtime/progress.ts'
import { UNGUARDED } from '../../pipelines/runtime/result-guard.ts'
import type { ShardState } from '../../pipelines/state/shard-state.ts'
import { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import type { OpenedStream, StreamParts } from './open-stream.ts'

interface Shared {
  readonly state: SharedArrayBuffer
  readonly progress: SharedArrayBuffer
}

/** Opens a pipeline as the engine's workers do, its state in memory that all threads of the run share. */
export function openStream({ definition, outlet, lookup, counts, owner, shared }: StreamParts): OpenedStream {
  const compiled = compilePipeline(definition, lookup)
  const { bytes, whenFull } = definition.state
  const layout = compiled.fingerprint.structure
  const known = shared as Shared | undefined
  const state =
    known === undefined
      ? PipelineState.reserve({ bytes, whenFull, layout })
      : PipelineState.open(known.state, { whenFull, layout })
  const progress = known === undefined ? Progress.begin(0) : new Progress(known.progress)
  const stream = new PipelineRuntime({
    ...{ compiled, state, outlet, lookup, counts },
    door: waiting(progress.combinedDoor(owner)),
    guard: UNGUARDED,
    references: (node) => referencesOf(definition, node),
  })
  return {
    stream,
    together: (shard, slices, show) => inOne(state.part(shard), slices, show),
    shared: { state: state.buffer, progress: progress.buffer } satisfies Shared,
  }
}

/** Of the undo log's room; a slice more must always fit. */
const LONG = 0.25

/** What a transaction saves of a window, it saves once. One that fails needs no undoing: the run has failed. */
function inOne(part: ShardState, slices: readonly number[], show: (slice: number) => void): void {
  part.begin()
  for (const slice of slices) {
    if (part.logFill > LONG) {
      part.commit()
      part.begin()
    }
    show(slice)
  }
  part.commit()
}

/** Whoever comes to the door waits: what is late must not hang on which thread was there first. */
function waiting(door: CombinedDoor): CombinedDoor {
  return {
    get watermark() {
      return door.watermark
    },
    set watermark(watermark) {
      door.watermark = watermark
    },
    handedOver: (shard) => door.handedOver(shard),
    noteHandedOver: (shard, watermark) => door.noteHandedOver(shard, watermark),
    enter(act) {
      while (!door.enter(act));
      return true
    },
  }
}

function referencesOf({ nodes }: PipelineDefinition, id: string): ReferenceRows {
  const node = nodes.find((node) => node.id === id)
  if (node?.kind !== 'lookup' || node.table.from !== 'file') throw new Error(`${id} looks up no file`)
  const { table } = node
  try {
    return new ReferenceRows(parseReference(readFileSync(table.file, 'utf8'), table))
  } catch (error) {
    if (error instanceof MillraceError) throw error
    throw new MillraceError(
      'not-found',
      `${table.file}: ${(error as Error).message}`,
      { file: table.file },
      error,
    )
  }
}
