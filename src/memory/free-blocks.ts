import { observeCursor } from './atomics.ts'
import * as L from './layout/lanes.layout.ts'
import type { MemoryPlan } from './memory-plan.ts'
import type { SharedMemory } from './shared-memory.ts'

/** Blocks that no lane holds: the router's, and those on their way back to it. A little old by the time it is told. */
export function freeBlocks({ i32 }: SharedMemory, { at, needs, freeRingStride }: MemoryPlan): number {
  let free = i32[at.freeStack >>> 2]
  for (let worker = 0; worker < needs.workers; worker++) {
    const ring = at.freeRings + worker * freeRingStride
    const head = observeCursor(i32, ring + L.FREE_RING_HEAD)
    free += (observeCursor(i32, ring + L.FREE_RING_TAIL) - head) >>> 0
  }
  return free
}
