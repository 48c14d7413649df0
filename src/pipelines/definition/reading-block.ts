/**
 * Up to BLOCK_ROWS readings of one shard, in the order of their lane, as columns: what a pipeline gets from a worker, from a
 * file or from a test. Rows 0 … count − 1 are valid; the columns are used again for the next block.
 */
export interface ReadingBlock {
  count: number
  /** 48-bit device id. */
  readonly device: Float64Array
  /** Metric id. */
  readonly metric: Uint16Array
  /** Milliseconds since the epoch. */
  readonly time: Float64Array
  readonly value: Float64Array
  /** Degrees, NaN when the reading gave no position. */
  readonly lat: Float64Array
  readonly lon: Float64Array
  /** Index of the region. */
  readonly region: Uint8Array
  /** Index of the tier, 0 = critical. */
  readonly tier: Uint8Array
  /** Standard deviations from the series' running mean. */
  readonly score: Float64Array
}

export { COLUMN_ROWS as BLOCK_ROWS } from '../../memory/layout/columns.layout.ts'
