import { BLOCK_ROWS, type ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import { POSITION_ABSENT, RECORD_WORDS, UNITS_PER_DEGREE } from '../scan/record.ts'

/** Fills one shard's block from records. */
export class BlockWriter implements ReadingBlock {
  count = 0
  readonly device = new Float64Array(BLOCK_ROWS)
  readonly metric = new Uint16Array(BLOCK_ROWS)
  readonly time = new Float64Array(BLOCK_ROWS)
  readonly value = new Float64Array(BLOCK_ROWS)
  readonly lat = new Float64Array(BLOCK_ROWS)
  readonly lon = new Float64Array(BLOCK_ROWS)
  readonly region = new Uint8Array(BLOCK_ROWS)
  readonly tier = new Uint8Array(BLOCK_ROWS)
  /** Nothing recorded says what the running mean was. */
  readonly score = new Float64Array(BLOCK_ROWS)

  /** Adds record `index`; true when the block is full. */
  put(
    f64: Float64Array,
    i32: Int32Array,
    index: number,
    metricIds: Uint16Array,
    regionIds: Uint8Array,
  ): boolean {
    const at = index * RECORD_WORDS
    const tags = i32[2 * at + 8]
    const row = this.count++
    this.device[row] = f64[at]
    this.time[row] = f64[at + 1]
    this.value[row] = f64[at + 2]
    const lat = i32[2 * at + 6]
    const lon = i32[2 * at + 7]
    const isPlaced = lat !== POSITION_ABSENT && lon !== POSITION_ABSENT
    this.lat[row] = isPlaced ? lat / UNITS_PER_DEGREE : NaN
    this.lon[row] = isPlaced ? lon / UNITS_PER_DEGREE : NaN
    this.metric[row] = metricIds[tags & 0xffff]
    this.region[row] = regionIds[(tags >>> 16) & 0xff]
    this.tier[row] = (tags >>> 24) & 3
    return this.count === BLOCK_ROWS
  }
}
