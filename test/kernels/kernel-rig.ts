import { compileKernels, openKernels, type Kernels } from '../../src/kernels/kernels.ts'
import type { MetricRule } from '../../src/kernels/reference/score.ts'
import type { Reading } from '../../src/kernels/reference/reading.ts'
import { observeCursor, publishCursor } from '../../src/memory/atomics.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import * as M from '../../src/memory/layout/map.layout.ts'
import { READING_BYTES } from '../../src/memory/layout/reading.layout.ts'
import { RING_ROUTE_CURSOR, RING_WRITE_CURSOR } from '../../src/memory/layout/ring.layout.ts'
import { type KernelParameters, writeMemoryMap } from '../../src/memory/memory-map.ts'
import { type MemoryNeeds, type MemoryPlan, placeOf, planMemory } from '../../src/memory/memory-plan.ts'
import { SpscFrameProducer } from '../../src/memory/rings/spsc-frame-ring.ts'
import { reserveMemory, type SharedMemory, viewMemory } from '../../src/memory/shared-memory.ts'

export const SMALL_NEEDS: MemoryNeeds = {
  series: 1000,
  devices: 200,
  ringBytes: 1 << 17,
  rings: 1,
  backlogBytes: 1 << 18,
  workers: 2,
  limitsDeviceRate: true,
  shardStateBytes: 0,
}

export const PARAMETERS: KernelParameters = {
  warmup: 5,
  clearAfter: 3,
  clearRatio: 0.5,
  smoothing: 0.05,
  timeAheadMs: 3_600_000,
  defaultTier: 2,
  knownOnly: false,
  deviceReadingsPerSecond: 0,
  seriesLimit: 1000,
}

/** Milliseconds since 1970 at monotonic time 0. */
export const EPOCH_OFFSET_MS = 1_767_000_000_000
/** Of the message before its readings. */
const READING_OFFSET = 24

/** The kernels on a memory of their own, with one ring, driven as the router and the workers drive them. */
export class KernelRig {
  readonly memory: SharedMemory
  readonly kernels: Kernels
  readonly plan: MemoryPlan
  readonly view: DataView
  ring!: SpscFrameProducer
  cursor = 0

  static async open(needs: MemoryNeeds = SMALL_NEEDS): Promise<KernelRig> {
    return new KernelRig(needs, await compileKernels())
  }

  private constructor(needs: MemoryNeeds, module: WebAssembly.Module) {
    this.plan = planMemory(needs)
    this.memory = viewMemory(reserveMemory(this.plan.totalBytes))
    this.view = new DataView(this.memory.memory.buffer)
    this.kernels = openKernels(module, this.memory.memory)
  }

  get map(): number {
    return this.plan.at.map
  }

  get control(): number {
    return placeOf.ringControl(this.plan, 0)
  }

  get data(): number {
    return placeOf.ring(this.plan, 0)
  }

  /** As at the start of a process; the ring's cursors begin at `firstCursor`. */
  reset(parameters: Partial<KernelParameters> = {}, firstCursor = 0): void {
    this.memory.bytes.fill(0)
    writeMemoryMap(this.memory, this.plan, { ...PARAMETERS, ...parameters })
    publishCursor(this.memory.i32, this.control + RING_WRITE_CURSOR, firstCursor)
    publishCursor(this.memory.i32, this.control + RING_ROUTE_CURSOR, firstCursor)
    this.cursor = firstCursor >>> 0
    this.ring = new SpscFrameProducer(this.memory, this.control, this.data, this.plan.needs.ringBytes)
  }

  setMetric(id: number, { threshold, minDeviation, direction }: MetricRule): void {
    const metric = this.plan.at.metrics + id * M.METRIC_BYTES
    this.view.setFloat32(metric + M.METRIC_THRESHOLD, threshold, true)
    this.view.setFloat32(metric + M.METRIC_MIN_DEVIATION, minDeviation, true)
    this.view.setUint8(metric + M.METRIC_DIRECTION, direction)
    this.view.setUint8(metric + M.METRIC_KNOWN, 1)
  }

  /** What the registry does; `undefined` removes the device. */
  setDevice(id: bigint, properties: { tier: number; region: number } | undefined): void {
    const device = this.kernels.placeDevice(this.map, id) >>> 0
    if (device === 0) throw new Error('the table of devices is full')
    this.view.setUint8(device + M.DEVICE_TIER, properties?.tier ?? 0)
    this.view.setUint8(device + M.DEVICE_REGION, properties?.region ?? 0)
    this.view.setUint8(device + M.DEVICE_FLAGS, properties === undefined ? 0 : M.DEVICE_KNOWN)
    this.view.setBigUint64(device + M.DEVICE_ID, id, true)
    const epoch = this.plan.at.epochs + 4 * this.kernels.shardOf(id << 16n)
    this.view.setUint32(epoch, this.view.getUint32(epoch, true) + 1, true)
  }

  /** Commits a frame; false when the ring has no room for it. */
  send(readings: readonly Reading[], receivedMs: number, seq = 0, source = 1): boolean {
    const address = this.ring.claim(READING_OFFSET + readings.length * READING_BYTES, readings.length)
    if (address === 0) return false
    readings.forEach((reading, index) =>
      this.#write(address + READING_OFFSET + index * READING_BYTES, reading),
    )
    this.ring.commit(READING_OFFSET, readings.length, source, seq, receivedMs)
    return true
  }

  #write(at: number, { key, time, value, lat, lon }: Reading): void {
    this.view.setBigUint64(at, key, true)
    this.view.setFloat64(at + 8, time, true)
    this.view.setFloat64(at + 16, value, true)
    this.view.setInt32(at + 24, lat, true)
    this.view.setInt32(at + 28, lon, true)
  }

  /** The cursor up to which frames are committed. */
  get written(): number {
    return observeCursor(this.memory.i32, this.control + RING_WRITE_CURSOR) >>> 0
  }

  route(limit = 0xffffffff): void {
    const { map, scratch } = this.plan.at
    const mask = this.plan.needs.ringBytes - 1
    const end = this.written
    this.cursor =
      this.kernels.route(
        map,
        scratch,
        this.control,
        this.data,
        mask,
        this.cursor,
        end,
        limit,
        EPOCH_OFFSET_MS,
      ) >>> 0
  }

  publish(nowMs: number): number {
    const shown = this.kernels.publish(this.map, this.plan.at.scratch, nowMs)
    publishCursor(this.memory.i32, this.control + RING_ROUTE_CURSOR, this.cursor)
    return shown
  }

  lane(track: number, shard: number): number {
    return this.plan.at.lanes + ((track << L.LANES_PER_TRACK_SHIFT) | shard) * L.LANE_BYTES
  }

  word(address: number): number {
    return this.view.getUint32(address, true)
  }

  double(address: number): number {
    return this.view.getFloat64(address, true)
  }

  counter(address: number): number {
    return Number(this.view.getBigUint64(address, true))
  }
}
