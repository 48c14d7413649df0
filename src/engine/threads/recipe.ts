import type { MessagePort } from 'node:worker_threads'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { StreamRecipe } from '../../pipelines/stream-recipe.ts'

/** What every thread of the engine is given at its start: enough to make its own views of everything. */
export interface ThreadRecipe {
  readonly memory: WebAssembly.Memory
  readonly kernels: WebAssembly.Module
  readonly plan: MemoryPlan
}

/** What a worker is to do until it is told to stop. */
export interface DrainTask {
  readonly worker: number
  /** News of the metrics dictionary. */
  readonly metrics: MessagePort
  readonly streams: readonly StreamRecipe[]
}

/** What a worker thread needs besides. */
export interface WorkerRecipe extends ThreadRecipe {
  readonly pipeline: string | null
  /** Region names by index. */
  readonly regions: readonly string[]
  /** Shares of premium, standard and bulk. */
  readonly shares: readonly number[]
}
