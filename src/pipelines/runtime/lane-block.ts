import type { Kernels } from '../../kernels/kernels.ts'
import * as G from '../../memory/layout/columns.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'

/** A worker's slice as columns, which lie in the shared memory: a kernel writes them. */
export class LaneBlock implements ReadingBlock {
  count = 0
  readonly device: Float64Array
  readonly metric: Uint16Array
  readonly time: Float64Array
  readonly value: Float64Array
  readonly lat: Float64Array
  readonly lon: Float64Array
  readonly region: Uint8Array
  readonly tier: Uint8Array
  readonly score: Float64Array
  readonly #kernels: Kernels
  readonly #map: number
  readonly #address: number

  constructor({ memory }: SharedMemory, plan: MemoryPlan, kernels: Kernels, worker: number) {
    const at = placeOf.columns(plan, worker)
    const doubles = (offset: number): Float64Array =>
      new Float64Array(memory.buffer, at + offset, G.COLUMN_ROWS)
    this.device = doubles(G.COLUMN_DEVICE)
    this.time = doubles(G.COLUMN_TIME)
    this.value = doubles(G.COLUMN_VALUE)
    this.lat = doubles(G.COLUMN_LAT)
    this.lon = doubles(G.COLUMN_LON)
    this.score = doubles(G.COLUMN_SCORE)
    this.metric = new Uint16Array(memory.buffer, at + G.COLUMN_METRIC, G.COLUMN_ROWS)
    this.region = new Uint8Array(memory.buffer, at + G.COLUMN_REGION, G.COLUMN_ROWS)
    this.tier = new Uint8Array(memory.buffer, at + G.COLUMN_TIER, G.COLUMN_ROWS)
    this.#kernels = kernels
    this.#map = plan.at.map
    this.#address = at
  }

  /** Shows `count` readings of the lane, from address `entry` on. */
  gather(lane: number, entry: number, count: number): this {
    this.#kernels.gatherColumns(this.#map, lane, entry, count, this.#address)
    this.count = count
    return this
  }
}
