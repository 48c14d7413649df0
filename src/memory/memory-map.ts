import type { MemoryPlan } from './memory-plan.ts'
import * as L from './layout/lanes.layout.ts'
import * as M from './layout/map.layout.ts'
import { ROW_BYTES, SHARD_BITS } from './layout/series.layout.ts'
import type { SharedMemory } from './shared-memory.ts'

/** Numbers that kernels read from the map. */
export interface KernelParameters {
  readonly warmup: number
  readonly clearAfter: number
  readonly clearRatio: number
  readonly smoothing: number
  readonly timeAheadMs: number
  readonly defaultTier: number
  readonly knownOnly: boolean
  readonly deviceReadingsPerSecond: number
  readonly seriesLimit: number
}

/**
 * Shares of all blocks that must stay free when a track takes one: the lowest tier gives way first, and an anomaly
 * event finds room after all readings have been refused.
 */
export const RESERVED_SHARES = [0, 0.02, 0.08, 0.25, 0.5]

/** Writes the map, the gains and the stack of free blocks: once, before any other thread starts. */
export function writeMemoryMap(memory: SharedMemory, plan: MemoryPlan, parameters: KernelParameters): void {
  const word = (offset: number, value: number): void => {
    memory.u32[(plan.at.map + offset) >>> 2] = value
  }
  word(M.MAP_LANES, plan.at.lanes)
  word(M.MAP_CLAIMS, plan.at.claims)
  word(M.MAP_READY, plan.at.ready)
  word(M.MAP_FREE_STACK, plan.at.freeStack)
  word(M.MAP_FREE_RINGS, plan.at.freeRings)
  word(M.MAP_FREE_RING_STRIDE, plan.freeRingStride)
  word(M.MAP_FREE_RING_MASK, (plan.freeRingStride - L.FREE_RING_ENTRIES) / 4 - 1)
  word(M.MAP_WORKERS, plan.needs.workers)
  word(M.MAP_SERIES, plan.at.series)
  word(M.MAP_WINDOWS, plan.at.windows)
  word(M.MAP_SLOT_MASK, plan.slotsPerShard - 1)
  word(M.MAP_SHARD_BYTES, plan.slotsPerShard * ROW_BYTES)
  word(M.MAP_HASH_SHIFT, 64 - SHARD_BITS - Math.log2(plan.slotsPerShard))
  word(M.MAP_DEVICES, plan.at.devices)
  word(M.MAP_DEVICE_MASK, plan.deviceSlots - 1)
  word(M.MAP_EPOCHS, plan.at.epochs)
  word(M.MAP_METRICS, plan.at.metrics)
  word(M.MAP_REGIONS, plan.at.regions)
  word(M.MAP_GAINS, plan.at.gains)
  word(M.MAP_ROUTER_COUNTERS, plan.at.routerCounters)
  word(M.MAP_REGION_COUNTERS, plan.at.regionCounters)
  word(M.MAP_WORKER_COUNTERS, plan.at.workerCounters)
  word(M.MAP_LATENCIES, plan.at.latencies)
  word(M.MAP_QUARANTINE, plan.at.quarantine)
  word(M.MAP_RATES, plan.at.rates)
  word(M.MAP_RATE_MASK, Math.max(0, plan.rateSlots - 1))
  RESERVED_SHARES.forEach((share, track) =>
    word(M.MAP_RESERVES + 4 * track, Math.floor(share * plan.blockCount)),
  )
  writeParameters(memory, plan, parameters)
  stackBlocks(memory, plan)
}

function writeParameters(memory: SharedMemory, plan: MemoryPlan, parameters: KernelParameters): void {
  const { map } = plan.at
  memory.u32[(map + M.MAP_SERIES_LIMIT) >>> 2] = parameters.seriesLimit
  memory.u32[(map + M.MAP_WARMUP) >>> 2] = parameters.warmup
  memory.u32[(map + M.MAP_CLEAR_AFTER) >>> 2] = parameters.clearAfter
  memory.u32[(map + M.MAP_DEFAULT_TIER) >>> 2] = parameters.defaultTier
  memory.u32[(map + M.MAP_KNOWN_ONLY) >>> 2] = parameters.knownOnly ? 1 : 0
  memory.u32[(map + M.MAP_DEVICE_RATE) >>> 2] = parameters.deviceReadingsPerSecond
  memory.f64[(map + M.MAP_SMOOTHING) >>> 3] = parameters.smoothing
  memory.f64[(map + M.MAP_CLEAR_RATIO) >>> 3] = parameters.clearRatio
  memory.f64[(map + M.MAP_TIME_AHEAD_MS) >>> 3] = parameters.timeAheadMs
  gains(parameters.smoothing).forEach((gain, index) => (memory.f64[(plan.at.gains >>> 3) + index] = gain))
}

/** The n-th reading's weight in a bias-corrected exponential average, α / (1 − (1 − α)^n), and at last its limit α. */
export function gains(smoothing: number): number[] {
  const young = Array.from(
    { length: M.GAIN_COUNT - 1 },
    (_, index) => smoothing / (1 - (1 - smoothing) ** (index + 1)),
  )
  return [...young, smoothing]
}

function stackBlocks(memory: SharedMemory, plan: MemoryPlan): void {
  const stack = plan.at.freeStack >>> 2
  memory.u32[stack] = plan.blockCount
  for (let i = 0; i < plan.blockCount; i++)
    memory.u32[stack + 1 + i] = plan.at.blocks + (plan.blockCount - 1 - i) * L.BLOCK_BYTES
}
