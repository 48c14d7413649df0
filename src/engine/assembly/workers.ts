/** The worker threads of an engine: what they are given, and what becomes of the work of one that dies. */
import type { Clock } from '../../core/clock.ts'
import { CONTROL_EGRESS_TICKET } from '../../memory/layout/control.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import { EgressWriter } from '../../memory/rings/egress-ring.ts'
import { LanePipeline } from '../../pipelines/lane-pipeline.ts'
import type { PipelineModule } from '../../pipelines/pipeline-module.ts'
import type { Config } from '../config/config.ts'
import type { Directory } from '../directory.ts'
import type { EgressDesk } from '../egress-desk.ts'
import type { EventDesk } from '../engine-events.ts'
import type { Foundation } from '../foundation.ts'
import { type BlameOf, LostWork } from '../lost-work.ts'
import type { WorkerRecipe } from '../threads/recipe.ts'
import { WorkerPool } from '../worker-pool.ts'

export function openPool(
  config: Config,
  clock: Clock,
  foundation: Foundation,
  directory: Directory,
  events: EventDesk,
  lostWork: LostWork,
): WorkerPool {
  const { premium, standard, bulk } = config.tiers.shares
  const recipe: WorkerRecipe = {
    memory: foundation.memory.memory,
    kernels: foundation.module,
    plan: foundation.plan,
    pipeline: config.pipeline,
    regions: directory.regions.names,
    shares: [premium, standard, bulk],
  }
  const announcements = (): [number, string][] => [...directory.dictionary].map(({ id, name }) => [id, name])
  const onFailure = (error: unknown): void => events.tell('failure', error)
  const pool = new WorkerPool({
    foundation,
    recipe,
    clock,
    lostWork,
    options: config.pool,
    announcements,
    onFailure,
  })
  directory.dictionary.onChange(({ id, name }) => pool.announce([id, name]))
  return pool
}

/** The main thread speaks for a dead worker through that worker's own egress ring, which it reads first. */
export function lostWorkOf(
  foundation: Foundation,
  names: { metric(id: number): string; region(index: number): string },
  module: PipelineModule | undefined,
  desk: EgressDesk,
  blameOf: BlameOf,
): LostWork {
  const { memory, plan, doorbell } = foundation
  return new LostWork(
    foundation,
    (worker) => {
      desk.drainAfterDeath()
      const tickets = plan.at.control + CONTROL_EGRESS_TICKET
      const egress = new EgressWriter(memory, placeOf.egress(plan, worker), tickets)
      return new LanePipeline({ memory, plan, names, egress, doorbell, module })
    },
    blameOf,
  )
}
