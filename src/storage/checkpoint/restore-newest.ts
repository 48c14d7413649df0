import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import { openCapture } from '../../memory/capture-area.ts'
import { MAP_SERIES_LIMIT } from '../../memory/layout/map.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { CheckpointDamage } from './checkpoint-folder.ts'
import { type CheckpointData, type CheckpointReader, damageOf } from './checkpoint-reader.ts'
import { LaneRestore } from './lane-restore.ts'
import { type Manifest, seriesOf, waitingIn } from './manifest.ts'
import { RowRestore } from './row-restore.ts'

export interface RestoreParts {
  readonly reader: CheckpointReader
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly kernels: Kernels
  readonly clock: Clock
  /** Told after each shard, from 0 to 1. */
  readonly onProgress?: (share: number) => void
}

/** A checkpoint that is now in the memory. */
export interface RestoredCheckpoint {
  readonly manifest: Manifest
  readonly extras: ReadonlyMap<string, Uint8Array>
  readonly series: number
  /** Readings that wait in lanes: they count as accepted, and are to count as received too. */
  readonly waiting: number
  /** By shard, what others had copied with it. */
  readonly others: readonly Uint8Array[]
  /** False when the pipeline asks for another size of state: as much of it as fits has been restored. */
  readonly isStateWhole: boolean
}

export interface Recovery {
  /** Undefined: there is none that can be used. */
  readonly restored: RestoredCheckpoint | undefined
  /** Newer checkpoints that could not be used, and other files that are not right. */
  readonly damage: readonly CheckpointDamage[]
  /** Their numbers, for the writer. */
  readonly damaged: readonly number[]
}

/**
 * Restores the newest checkpoint that is whole into a memory that nobody works in yet. What is damaged is passed over
 * and told. Throws bad-config when the checkpoint doesn't fit into the memory.
 */
export function restoreNewest(parts: RestoreParts): Recovery {
  const { manifests, damage } = parts.reader.list()
  const damaged: number[] = []
  for (const manifest of manifests) {
    checkSeries(parts, seriesOf(manifest))
    try {
      const restored = withData(parts.reader, manifest, (data) => restore(parts, data))
      return { restored, damage, damaged }
    } catch (error) {
      damage.push(damageOf(error))
      damaged.push(manifest.number)
    }
  }
  return { restored: undefined, damage, damaged }
}

function withData<T>(reader: CheckpointReader, manifest: Manifest, act: (data: CheckpointData) => T): T {
  const data = reader.open(manifest)
  try {
    return act(data)
  } finally {
    data.close()
  }
}

interface RestoredShard {
  readonly state: Uint8Array
  readonly lanes: Uint8Array
  readonly slots: Uint32Array
}

function restore(parts: RestoreParts, data: CheckpointData): RestoredCheckpoint {
  const { memory, plan, kernels, clock } = parts
  const places = openCapture(memory, plan)
  const { manifest } = data
  const { shards, extras } = readAll(parts, data, new RowRestore(memory, plan, kernels, places))
  const lanes = new LaneRestore(memory, plan, kernels, places, clock.nowMs())
  lanes.withoutReserves(() =>
    shards.forEach(({ lanes: bytes, slots }, shard) => lanes.restore(shard, bytes, slots)),
  )
  shards.forEach(({ state }, shard) => {
    const size = Math.min(manifest.shardStateBytes, plan.needs.shardStateBytes)
    memory.bytes.set(state.subarray(0, size), plan.at.shardState + shard * plan.needs.shardStateBytes)
  })
  kernels.publish(plan.at.map, plan.at.scratch, clock.nowMs())
  return {
    ...{ manifest, extras, series: seriesOf(manifest), waiting: waitingIn(manifest) },
    others: shards.map(({ state }) => state.subarray(manifest.shardStateBytes)),
    isStateWhole: manifest.shardStateBytes === plan.needs.shardStateBytes,
  }
}

/** Reads everything that could be damaged; rows go where they belong at once, and are taken back if something is. */
function readAll(parts: RestoreParts, data: CheckpointData, rows: RowRestore) {
  const { shards, slotsPerShard } = data.manifest
  const restored: RestoredShard[] = []
  try {
    shards.forEach((_, shard) => {
      const sections = data.shard(shard)
      const slots = rows.restore(sections, slotsPerShard)
      const { state, lanes } = sections[sections.length - 1]
      // copies: a section is as long as all its rows
      restored.push({ state: state.slice(), lanes: lanes.slice(), slots: lanes.length > 0 ? slots : NONE })
      parts.onProgress?.((shard + 1) / shards.length)
    })
    return { shards: restored, extras: data.extras() }
  } catch (error) {
    for (let shard = 0; shard <= restored.length && shard < shards.length; shard++) rows.wipe(shard)
    throw error
  }
}

const NONE = new Uint32Array(0)

function checkSeries({ memory, plan }: RestoreParts, series: number): void {
  const limit = memory.u32[(plan.at.map + MAP_SERIES_LIMIT) >>> 2]
  if (series <= limit) return
  throw new MillraceError(
    'bad-config',
    `limits.series is ${limit}, but the checkpoint has ${series} series: set it to at least ${series}`,
    { limit, series },
  )
}
