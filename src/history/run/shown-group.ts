import { SLICE_READINGS as BLOCK_ROWS } from '../../core/limits.ts'
import type { ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import * as B from '../scan/share-blocks.ts'
import { DeviceOrder } from './device-order.ts'

/** Numbers of the thread that has read a chunk, as ids of the run. */
export interface RunIds {
  readonly deviceIds: Float64Array
  readonly metricIds: Uint16Array
  readonly regionIds: Uint8Array
}

/**
 * Rows of several blocks of a shard as columns, which slices of up to BLOCK_ROWS rows are shown from: in the order of the
 * input, or all rows of a device one behind the other where that makes no difference (then what is done per key is done
 * once for many rows).
 */
export class ShownGroup {
  readonly slices: readonly Slice[]
  readonly #isByDevice: boolean
  readonly #order: DeviceOrder
  readonly #columns: Columns
  readonly #nowhere: Float64Array
  /** Whether positions are in the columns. */
  #isPlaced = false

  constructor(blocks: number, isByDevice: boolean) {
    const rows = blocks * BLOCK_ROWS
    this.#columns = columnsOf(rows)
    this.#nowhere = new Float64Array(rows).fill(NaN)
    this.#columns.lat.set(this.#nowhere)
    this.#columns.lon.set(this.#nowhere)
    this.#order = new DeviceOrder(rows)
    this.#isByDevice = isByDevice
    this.slices = Array.from({ length: blocks }, (_, i) => new Slice(this.#columns, i * BLOCK_ROWS))
  }

  /** Takes the blocks of this group; returns how many slices there are. */
  gather(blocks: B.Blocks, group: readonly number[], ids: RunIds): number {
    const order = this.#order.begin(ids.deviceIds.length)
    const rows = this.#isByDevice ? order.byDevice(blocks, group) : order.asTheyAre(blocks, group)
    this.#readPositions(blocks, group)
    this.#readRows(blocks, group, ids)
    for (const [i, slice] of this.slices.entries())
      slice.count = Math.max(0, Math.min(BLOCK_ROWS, rows - i * BLOCK_ROWS))
    return Math.ceil(rows / BLOCK_ROWS)
  }

  /** Written as one loop over locals: most of what a row costs here would be loads of fields. */
  #readRows({ records, heads }: B.Blocks, group: readonly number[], ids: RunIds): void {
    const { device, time, value, metric, region, tier } = this.#columns
    const { deviceIds, metricIds, regionIds } = ids
    const { places } = this.#order
    const f64 = new Float64Array(records)
    const u32 = new Uint32Array(records)
    let row = 0
    for (const block of group) {
      const from = block * B.BLOCK_DOUBLES
      const to = from + B.ROW_DOUBLES * (heads[block] >>> B.HEAD_ROWS_SHIFT)
      for (let at = from; at < to; at += B.ROW_DOUBLES) {
        const place = places[row++]
        const kind = u32[2 * at + B.KIND_WORD]
        time[place] = f64[at]
        value[place] = f64[at + 1]
        device[place] = deviceIds[u32[2 * at + B.DEVICE_WORD]]
        metric[place] = metricIds[kind & 0xffff]
        region[place] = regionIds[(kind >>> 16) & 0xff]
        tier[place] = kind >>> 24
      }
    }
  }

  #readPositions({ records, heads }: B.Blocks, group: readonly number[]): void {
    const { lat, lon } = this.#columns
    if (this.#isPlaced) {
      lat.set(this.#nowhere)
      lon.set(this.#nowhere)
    }
    this.#isPlaced = group.some((block) => (heads[block] & B.HEAD_PLACED) !== 0)
    if (!this.#isPlaced) return
    const { places } = this.#order
    const f64 = new Float64Array(records)
    let row = 0
    for (const block of group) {
      const count = heads[block] >>> B.HEAD_ROWS_SHIFT
      const from = block * B.BLOCK_DOUBLES
      if ((heads[block] & B.HEAD_PLACED) !== 0)
        for (let i = 0; i < count; i++) {
          lat[places[row + i]] = f64[from + B.LAT_AT + i]
          lon[places[row + i]] = f64[from + B.LON_AT + i]
        }
      row += count
    }
  }
}

type Columns = Omit<ReadingBlock, 'count'>

/** Some of the rows, always of the same place. */
class Slice implements ReadingBlock {
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

  constructor(columns: Columns, from: number) {
    const to = from + BLOCK_ROWS
    this.device = columns.device.subarray(from, to)
    this.metric = columns.metric.subarray(from, to)
    this.time = columns.time.subarray(from, to)
    this.value = columns.value.subarray(from, to)
    this.lat = columns.lat.subarray(from, to)
    this.lon = columns.lon.subarray(from, to)
    this.region = columns.region.subarray(from, to)
    this.tier = columns.tier.subarray(from, to)
    this.score = columns.score.subarray(from, to)
  }
}

function columnsOf(rows: number): Columns {
  const doubles = (): Float64Array => new Float64Array(rows)
  return {
    ...{ device: doubles(), time: doubles(), value: doubles(), lat: doubles(), lon: doubles() },
    ...{ metric: new Uint16Array(rows), region: new Uint8Array(rows), tier: new Uint8Array(rows) },
    // nothing recorded says what the running mean was
    score: doubles(),
  }
}
