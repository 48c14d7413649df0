import type { AnomalyRule, Device } from '../core/device.ts'
import { assert } from '../core/errors.ts'
import { tierIndex } from '../core/tiers.ts'
import { addToWord } from '../memory/atomics.ts'
import * as M from '../memory/layout/map.layout.ts'
import type { RegionTable } from '../regions/region-table.ts'
import type { Foundation } from './foundation.ts'

const TWO_32 = 0x1_0000_0000

/** Writes what the registry, the dictionary and the region table say to where the router reads it. */
export class SharedTables {
  readonly #foundation: Foundation
  readonly #regions: RegionTable

  constructor(foundation: Foundation, regions: RegionTable) {
    this.#foundation = foundation
    this.#regions = regions
    foundation.memory.bytes.set(regions.grid, foundation.plan.at.regions)
  }

  metric(id: number, { threshold, minDeviation, direction }: AnomalyRule): void {
    const { memory, plan } = this.#foundation
    const at = plan.at.metrics + id * M.METRIC_BYTES
    memory.f32[(at + M.METRIC_THRESHOLD) >>> 2] = threshold
    memory.f32[(at + M.METRIC_MIN_DEVIATION) >>> 2] = Math.max(minDeviation, Number.MIN_VALUE, 1e-30)
    const high = direction === 'low' ? 0 : M.DIRECTION_HIGH
    const low = direction === 'high' ? 0 : M.DIRECTION_LOW
    memory.bytes[at + M.METRIC_DIRECTION] = high | low
    memory.bytes[at + M.METRIC_KNOWN] = 1
  }

  /** Registers or changes a device; its series look it up again with their next reading. */
  device({ id, tier, region, lat, lon }: Device): void {
    const named = region === '' ? 0 : (this.#regions.indexOf(region) ?? 0)
    const home = named !== 0 || lat === null || lon === null ? named : this.#regions.regionIndexOf(lat, lon)
    this.#write(id, tierIndex(tier), home, M.DEVICE_KNOWN)
  }

  removeDevice(id: number): void {
    this.#write(id, 0, 0, 0)
  }

  #write(id: number, tier: number, region: number, flags: number): void {
    const { memory, plan, kernels } = this.#foundation
    const key = BigInt(id)
    const at = kernels.placeDevice(plan.at.map, key) >>> 0
    assert(at !== 0, 'the table has room for limits.devices')
    memory.bytes[at + M.DEVICE_TIER] = tier
    memory.bytes[at + M.DEVICE_REGION] = region
    memory.bytes[at + M.DEVICE_FLAGS] = flags
    memory.u32[(at + 4) >>> 2] = Math.floor(id / TWO_32)
    memory.u32[at >>> 2] = id % TWO_32
    // pairs with the router's look at the epoch, which comes before its look at the device
    addToWord(memory.i32, plan.at.epochs + 4 * kernels.shardOf(key << 16n), 1)
  }
}
