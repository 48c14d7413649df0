import type { MemoryPlan } from '../../memory/memory-plan.ts'

/** What every thread of the engine is given at its start: enough to make its own views of everything. */
export interface ThreadRecipe {
  readonly memory: WebAssembly.Memory
  readonly kernels: WebAssembly.Module
  readonly plan: MemoryPlan
}

/** What a worker thread needs besides. */
export interface WorkerRecipe extends ThreadRecipe {
  readonly pipeline: string | null
  /** Region names by index. */
  readonly regions: readonly string[]
  /** Shares of premium, standard and bulk. */
  readonly shares: readonly number[]
}
