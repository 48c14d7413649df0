import { METRIC_IDS, SLICE_READINGS as BLOCK_ROWS } from '../../core/limits.ts'
import type { ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import type { ScanDesk } from '../scan/scan-desk.ts'
import * as B from '../scan/share-blocks.ts'
import * as S from './shown.layout.ts'

/** Numbers of the thread that has read a chunk, as ids of the run. */
export interface RunIds {
  /** In the memory of this thread's desk. */
  readonly deviceIds: Float64Array
  readonly metricIds: Uint16Array
  readonly regionIds: Uint8Array
}

const REGIONS = 256

/**
 * Rows of several blocks of a shard as columns, which slices of up to BLOCK_ROWS rows are shown from: in the order of the
 * input, or all rows of a device one behind the other where that makes no difference (then what is done per key is done
 * once for many rows).
 */
export class ShownGroup {
  readonly slices: readonly Slice[]
  readonly #desk: ScanDesk
  readonly #isByDevice: boolean
  /** The kernel's record, and arrays that it is told of. */
  readonly #shown: Int32Array
  readonly #blocks: Float64Array
  readonly #rowsOf: Int32Array
  readonly #metricIds: Uint16Array
  readonly #regionIds: Uint8Array
  /** By row in the order of the input: its place. */
  readonly #places: Uint16Array
  readonly #columns: Columns
  readonly #nowhere: Float64Array
  /** Devices that the arrays by device have room for. */
  #devices = 0
  /** Whether positions are in the columns. */
  #isPlaced = false

  constructor(desk: ScanDesk, blocks: number, isByDevice: boolean) {
    const rows = blocks * BLOCK_ROWS
    this.#desk = desk
    this.#isByDevice = isByDevice
    this.#shown = desk.words(S.SHOWN_BYTES / 4)
    this.#blocks = desk.doubles(blocks * B.BLOCK_DOUBLES)
    this.#rowsOf = desk.words(blocks)
    this.#metricIds = desk.halves(METRIC_IDS)
    this.#regionIds = desk.bytes(REGIONS)
    this.#places = desk.halves(rows)
    this.#columns = columnsOf(desk, rows)
    this.#nowhere = new Float64Array(rows).fill(NaN)
    this.#columns.lat.set(this.#nowhere)
    this.#columns.lon.set(this.#nowhere)
    this.#tell(rows)
    this.slices = Array.from({ length: blocks }, (_, i) => new Slice(this.#columns, i * BLOCK_ROWS))
  }

  /** For the groups that follow. */
  begin({ deviceIds, metricIds, regionIds }: RunIds): void {
    if (deviceIds.length > this.#devices) this.#widen(2 * deviceIds.length)
    this.#shown[S.SHOWN_DEVICE_IDS / 4] = deviceIds.byteOffset
    this.#metricIds.set(metricIds)
    this.#regionIds.set(regionIds)
  }

  /** Takes the blocks of this group; returns how many slices there are. */
  gather(blocks: B.Blocks, group: readonly number[]): number {
    const { kernels } = this.#desk
    const from = new Float64Array(blocks.records)
    group.forEach((block, i) => {
      const rows = blocks.heads[block] >>> B.HEAD_ROWS_SHIFT
      const at = block * B.BLOCK_DOUBLES
      this.#blocks.set(from.subarray(at, at + rows * B.ROW_DOUBLES), i * B.BLOCK_DOUBLES)
      this.#rowsOf[i] = rows
    })
    this.#shown[S.SHOWN_COUNT / 4] = group.length
    this.#shown[S.SHOWN_ROUND / 4]++
    const shown = this.#shown.byteOffset
    const rows = this.#isByDevice ? kernels.showByDevice(shown) : kernels.showInOrder(shown)
    this.#readPositions(blocks, group)
    for (const [i, slice] of this.slices.entries())
      slice.count = Math.max(0, Math.min(BLOCK_ROWS, rows - i * BLOCK_ROWS))
    return Math.ceil(rows / BLOCK_ROWS)
  }

  #tell(rows: number): void {
    const told: readonly (readonly [number, ArrayBufferView])[] = [
      [S.SHOWN_BLOCKS, this.#blocks],
      [S.SHOWN_ROWS, this.#rowsOf],
      [S.SHOWN_METRIC_IDS, this.#metricIds],
      [S.SHOWN_REGION_IDS, this.#regionIds],
      [S.SHOWN_LOCALS, this.#desk.halves(rows)],
      [S.SHOWN_PLACES, this.#places],
      [S.SHOWN_NEXT, this.#desk.halves(rows)],
      [S.SHOWN_DEVICE, this.#columns.device],
      [S.SHOWN_TIME, this.#columns.time],
      [S.SHOWN_VALUE, this.#columns.value],
      [S.SHOWN_METRIC, this.#columns.metric],
      [S.SHOWN_REGION, this.#columns.region],
      [S.SHOWN_TIER, this.#columns.tier],
    ]
    for (const [field, { byteOffset }] of told) this.#shown[field / 4] = byteOffset
  }

  /** What is known of devices is forgotten, which costs a count of each. */
  #widen(devices: number): void {
    this.#devices = devices
    this.#shown[S.SHOWN_MET / 4] = this.#desk.words(devices).byteOffset
    this.#shown[S.SHOWN_LOCAL_OF / 4] = this.#desk.halves(devices).byteOffset
  }

  #readPositions({ records, heads }: B.Blocks, group: readonly number[]): void {
    const { lat, lon } = this.#columns
    if (this.#isPlaced) {
      lat.set(this.#nowhere)
      lon.set(this.#nowhere)
    }
    this.#isPlaced = group.some((block) => (heads[block] & B.HEAD_PLACED) !== 0)
    if (!this.#isPlaced) return
    const places = this.#places
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

function columnsOf(desk: ScanDesk, rows: number): Columns {
  const doubles = (): Float64Array => desk.doubles(rows)
  return {
    ...{ device: doubles(), time: doubles(), value: doubles(), lat: doubles(), lon: doubles() },
    ...{ metric: desk.halves(rows), region: desk.bytes(rows), tier: desk.bytes(rows) },
    // nothing recorded says what the running mean was
    score: doubles(),
  }
}
