import { BLOCK_ROWS, type ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import * as B from '../scan/share-blocks.ts'

const NOWHERE = new Float64Array(BLOCK_ROWS).fill(NaN)

/** Numbers of the reading thread as those of the run. */
export interface RunIds {
  readonly metricIds: Uint16Array
  readonly regionIds: Uint8Array
}

/** Shows one block after the other, at the same place: views of each of them cost more than copying it. */
export class ShownBlock implements ReadingBlock {
  count = 0
  readonly device: Float64Array
  readonly metric: Uint16Array
  readonly time: Float64Array
  readonly value: Float64Array
  readonly lat: Float64Array
  readonly lon: Float64Array
  readonly region: Uint8Array
  readonly tier: Uint8Array
  /** Nothing recorded says what the running mean was. */
  readonly score = new Float64Array(BLOCK_ROWS)
  readonly #bytes = new Uint8Array(B.BLOCK_BYTES)

  constructor() {
    const { buffer } = this.#bytes
    const doubles = (at: number): Float64Array => new Float64Array(buffer, at, BLOCK_ROWS)
    this.device = doubles(0)
    this.time = doubles(B.TIME_AT)
    this.value = doubles(B.VALUE_AT)
    this.lat = doubles(B.LAT_AT)
    this.lon = doubles(B.LON_AT)
    this.metric = new Uint16Array(buffer, B.METRIC_AT, BLOCK_ROWS)
    this.region = new Uint8Array(buffer, B.REGION_AT, BLOCK_ROWS)
    this.tier = new Uint8Array(buffer, B.TIER_AT, BLOCK_ROWS)
  }

  show({ records, heads }: B.Blocks, block: number, { metricIds, regionIds }: RunIds): this {
    const { metric, region } = this
    const count = heads[block] >>> B.HEAD_ROWS_SHIFT
    this.#bytes.set(new Uint8Array(records, block * B.BLOCK_BYTES, B.BLOCK_BYTES))
    if ((heads[block] & B.HEAD_PLACED) === 0) {
      this.lat.set(NOWHERE)
      this.lon.set(NOWHERE)
    }
    for (let row = 0; row < count; row++) {
      metric[row] = metricIds[metric[row]]
      region[row] = regionIds[region[row]]
    }
    this.count = count
    return this
  }
}
