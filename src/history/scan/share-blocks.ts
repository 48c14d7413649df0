/*
 * Readings on their way from the thread that has read them to the one that has their shards, in blocks of one shard each; blocks of all shards
 * of a share lie in one buffer, in the order in which they were begun. Rows lie whole, one behind the other, so that each shard
 * is one place that is written to, not one per column. Bytes of a block:
 *
 *       0  row 0: f64 time, f64 value, u32 device, u16 metric, u8 region, u8 tier    all as numbers of the reading thread
 *      24  row 1 …
 *    6144  f64 lat     8192  f64 lon     of all rows, valid if the block is placed
 */
import { SLICE_READINGS as BLOCK_ROWS } from '../../core/limits.ts'

/** A cache line more than the rows: all shards' blocks fill at one pace, and would meet in the same few cache sets. */
export const BLOCK_BYTES = 40 * BLOCK_ROWS + 64
export const BLOCK_DOUBLES = BLOCK_BYTES / 8
/** Doubles of a row; its words at twice the index. */
export const ROW_DOUBLES = 3
export const DEVICE_WORD = 4
export const KIND_WORD = 5
/** Doubles in front of the columns of positions. */
export const LAT_AT = ROW_DOUBLES * BLOCK_ROWS
export const LON_AT = LAT_AT + BLOCK_ROWS

/** A block's head: shard (6 bits) | placed (1) | rows (from bit 8 on). */
export const HEAD_SHARD = 63
export const HEAD_PLACED = 64
export const HEAD_ROWS_SHIFT = 8

export interface Blocks {
  readonly records: ArrayBuffer
  /** One for each block. */
  readonly heads: readonly number[]
}

/** By block: the earliest and the latest event time in it. */
export function timesOf({ records, heads }: Blocks): { earliest: Float64Array; latest: Float64Array } {
  const f64 = new Float64Array(records)
  const earliest = new Float64Array(heads.length).fill(Infinity)
  const latest = new Float64Array(heads.length).fill(-Infinity)
  for (let block = 0; block < heads.length; block++) {
    const from = block * BLOCK_DOUBLES
    const to = from + ROW_DOUBLES * (heads[block] >>> HEAD_ROWS_SHIFT)
    let [least, most] = [Infinity, -Infinity]
    for (let at = from; at < to; at += ROW_DOUBLES) {
      const time = f64[at]
      if (time < least) least = time
      if (time > most) most = time
    }
    earliest[block] = least
    latest[block] = most
  }
  return { earliest, latest }
}
