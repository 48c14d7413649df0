import { tierIndex } from '../core/tiers.ts'
import type { KernelParameters } from '../memory/memory-map.ts'
import type { MemoryNeeds } from '../memory/memory-plan.ts'
import type { Config } from './config/config.ts'

/** Ring 0 is the embedding program's, the others are the listeners'. */
export const EMBEDDING_RING = 0
export const FIRST_LISTENER_RING = 1

/** What the memory must have room for. `stateSize` = numbers per shard that the pipeline asks for. */
export function needsOf(config: Config, stateSize = 0): MemoryNeeds {
  const { limits, pool, listeners, rates } = config
  return {
    series: limits.series,
    devices: limits.devices,
    ringBytes: limits.ringBytes,
    rings: FIRST_LISTENER_RING + listeners,
    backlogBytes: limits.backlogBytes,
    workers: pool.max,
    limitsDeviceRate: rates.device.readingsPerSecond > 0,
    shardStateBytes: stateSize * 8,
    ...(config.durability === 'journal' && {
      isDurable: true,
      capturesShards: true,
      clients: limits.clients,
    }),
  }
}

/** What the kernels are told of the configuration. */
export function parametersOf({ anomalies, limits, tiers, admission, rates }: Config): KernelParameters {
  return {
    warmup: anomalies.warmup,
    clearAfter: anomalies.clearAfter,
    clearRatio: anomalies.clearRatio,
    smoothing: anomalies.smoothing,
    timeAheadMs: limits.timeAheadMs,
    defaultTier: tierIndex(tiers.default),
    knownOnly: admission === 'known',
    deviceReadingsPerSecond: rates.device.readingsPerSecond,
    seriesLimit: limits.series,
  }
}
