import { deviceOf, metricOf } from '../core/ids.ts'
import { TIERS, type Tier } from '../core/tiers.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import * as R from '../memory/layout/reading.layout.ts'
import { ROW_SHIFT, SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import type { Names } from './names.ts'

const DEGREES = 1e-7

/**
 * A cursor over readings of one shard: `next()` moves to the next one and is false behind the last; the properties are
 * those of the current one. Nothing is copied and no object is made per reading; don't keep the batch.
 */
export class ReadingBatch {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #names: Names
  #entry = 0
  #end = 0
  #rows = 0
  #track = 0
  #metrics: ReadonlySet<string> | undefined
  #first = 0

  /** @internal */
  constructor(memory: SharedMemory, plan: MemoryPlan, names: Names, metrics: readonly string[] | undefined) {
    this.#memory = memory
    this.#plan = plan
    this.#names = names
    this.#metrics = metrics === undefined ? undefined : new Set(metrics)
  }

  /** @internal Engine: shows `count` entries of a lane from `address` on. */
  open(lane: number, address: number, count: number): void {
    const index = (lane - this.#plan.at.lanes) >>> L.LANE_SHIFT
    this.#track = index >>> L.LANES_PER_TRACK_SHIFT
    this.#rows = this.#plan.at.series + (index & (SHARD_COUNT - 1)) * (this.#plan.slotsPerShard << ROW_SHIFT)
    this.#first = address
    this.#end = address + count * R.READING_BYTES
    this.rewind()
  }

  /** Goes back before the first reading. */
  rewind(): void {
    this.#entry = this.#first - R.READING_BYTES
  }

  next(): boolean {
    do this.#entry += R.READING_BYTES
    while (this.#entry < this.#end && this.#metrics !== undefined && !this.#metrics.has(this.metric))
    return this.#entry < this.#end
  }

  /** @internal Engine: series and time of the current reading, or of the batch's last one. */
  get anchor(): string {
    const entry = this.#entry
    if (entry < this.#first || entry >= this.#end) this.#entry = this.#end - R.READING_BYTES
    const anchor = `${this.series.toString(16)}:${this.time}`
    this.#entry = entry
    return anchor
  }

  /** Series key, `deviceId << 16 | metricId`; makes a bigint, so ask for `device` and `metric` where speed matters. */
  get series(): bigint {
    const row = this.#row()
    return (BigInt(this.#memory.u32[row + 1]) << 32n) | BigInt(this.#memory.u32[row])
  }

  /** 48-bit device id. */
  get device(): number {
    const row = this.#row()
    return deviceOf(this.#memory.u32[row], this.#memory.u32[row + 1])
  }

  /** Metric name. */
  get metric(): string {
    return this.#names.metric(metricOf(this.#memory.u32[this.#row()]))
  }

  /** Event time, milliseconds since the epoch. */
  get time(): number {
    return this.#memory.f64[(this.#entry + R.READING_TIME) >>> 3]
  }

  get value(): number {
    return this.#memory.f64[(this.#entry + R.READING_VALUE) >>> 3]
  }

  /** Degrees, or NaN when the reading gave no position. */
  get lat(): number {
    return degrees(this.#memory.i32[(this.#entry + R.READING_LAT) >>> 2])
  }

  get lon(): number {
    return degrees(this.#memory.i32[(this.#entry + R.READING_LON) >>> 2])
  }

  get region(): string {
    return this.#names.region(this.#memory.u32[this.#entry >>> 2] >>> R.ENTRY_REGION_SHIFT)
  }

  get tier(): Tier {
    return TIERS[this.#track - L.TRACK_CRITICAL]
  }

  /** Standard deviations from the series' running mean, in steps of 1/256, at most ±128. */
  get score(): number {
    return (this.#memory.i32[(this.#entry + R.ENTRY_STAMP) >>> 2] >> 16) / R.SCORE_SCALE
  }

  /** Index of the row's first word. */
  #row(): number {
    const slot = this.#memory.u32[this.#entry >>> 2] & R.ENTRY_SLOT_MASK
    return (this.#rows + slot * (1 << ROW_SHIFT)) >>> 2
  }
}

const degrees = (units: number): number => (units === R.POSITION_ABSENT ? NaN : units * DEGREES)
