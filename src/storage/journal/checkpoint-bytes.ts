import { ROUTER_SERIES } from '../../memory/layout/counters.layout.ts'
import { ROW_BYTES, SHARD_COUNT, WINDOW_ROW_BYTES } from '../../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/** For what waits in lanes, alerts and names. */
const MARGIN = 1.25

/** What a checkpoint of the series that there are now may take: the last one may have been of an empty engine. */
export function checkpointBytes({ u32 }: SharedMemory, { at, needs }: MemoryPlan): number {
  const series = u32[(at.routerCounters + ROUTER_SERIES) >>> 2]
  return MARGIN * (series * (ROW_BYTES + WINDOW_ROW_BYTES) + SHARD_COUNT * needs.shardStateBytes)
}
