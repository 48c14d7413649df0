import type { CompiledPipeline } from '../../pipelines/compiler/compiled-pipeline.ts'
import type { Progress } from '../../pipelines/runtime/progress.ts'
import type { PipelineState } from '../../pipelines/state/pipeline-state.ts'
import type { StreamRecipe } from '../../pipelines/stream-recipe.ts'
import type { VelocityMemory } from '../../pipelines/velocity/velocity-memory.ts'
import type { WorkMarks } from '../../pipelines/work-marks.ts'
import type { PipelineOutside } from './pipeline-outside.ts'

/** What a pipeline remembers, in memory that its workers share. */
export interface PipelineMemory {
  readonly state: PipelineState
  readonly progress: Progress
  readonly velocity: VelocityMemory
  readonly marks: WorkMarks
}

/** A pipeline that runs. */
export interface Running extends PipelineMemory {
  readonly url: string
  readonly compiled: CompiledPipeline
  readonly recipe: Omit<StreamRecipe, 'references'>
  readonly outside: PipelineOutside
}
