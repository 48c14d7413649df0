/*
 * Readings on their way from the thread that has read them to the one that has their shards: as the blocks of columns that
 * pipelines take, so that nobody copies them again. Each block is of one shard; blocks of all shards of a share lie in one
 * buffer, in the order in which they were begun. Bytes of a block:
 *
 *       0  f64 device    2048  f64 time    4096  f64 value
 *    6144  f64 lat       8192  f64 lon     valid if the block is placed
 *   10240  u16 metric    the reading thread's number
 *   10752  u8 region     the reading thread's number
 *   11008  u8 tier
 */
import { SHARDS } from '../../core/limits.ts'
import { BLOCK_ROWS } from '../../pipelines/definition/reading-block.ts'

/** A cache line more than the columns: all shards' blocks fill at one pace, and would meet in the same few cache sets. */
export const BLOCK_BYTES = 44 * BLOCK_ROWS + 64
export const TIME_AT = 8 * BLOCK_ROWS
export const VALUE_AT = 16 * BLOCK_ROWS
export const LAT_AT = 24 * BLOCK_ROWS
export const LON_AT = 32 * BLOCK_ROWS
export const METRIC_AT = 40 * BLOCK_ROWS
export const REGION_AT = 42 * BLOCK_ROWS
export const TIER_AT = 43 * BLOCK_ROWS

/** A block's head: shard (6 bits) | placed (1) | rows (from bit 8 on). */
export const HEAD_SHARD = 63
export const HEAD_PLACED = 64
export const HEAD_ROWS_SHIFT = 8

export const POSITION_ABSENT = -2147483648
export const UNITS_PER_DEGREE = 1e7
const FIRST_BLOCKS = 16
/** Which row of its block a row is. */
const ROW = BLOCK_ROWS - 1
const BLOCK_SHIFT = Math.log2(BLOCK_ROWS)
const BLOCK_DOUBLES = BLOCK_BYTES / 8

export interface Blocks {
  readonly records: ArrayBuffer
  /** One for each block. */
  readonly heads: readonly number[]
}

/** Blocks of one share, in the order of the input within a shard; grows as needed. */
export class ShareBlocks {
  #heads: number[] = []
  /** By shard: where its next row goes, counted in rows of all blocks; a multiple of BLOCK_ROWS = into a new block. */
  readonly #next = new Int32Array(SHARDS)
  #f64 = new Float64Array(0)
  #u16 = new Uint16Array(0)
  #u8 = new Uint8Array(0)
  readonly #spare: ArrayBuffer[]
  /** Blocks of the chunk before: the next one will have as many. */
  #expected = FIRST_BLOCKS

  /** `spare` is memory that may be taken instead of new one. */
  constructor(spare: ArrayBuffer[]) {
    this.#spare = spare
  }

  /** The device is `ids[device]`; value and time are the first two of `row`; the position is in 1e-7 degree. */
  put(
    shard: number,
    ids: Float64Array,
    device: number,
    row: Float64Array,
    lat: number,
    lon: number,
    metric: number,
    region: number,
    tier: number,
  ): void {
    let next = this.#next[shard]
    if ((next & ROW) === 0) next = this.#begin(shard)
    this.#next[shard] = next + 1
    const block = next >>> BLOCK_SHIFT
    const inBlock = next & ROW
    const double = block * BLOCK_DOUBLES + inBlock
    this.#f64[double] = ids[device]
    this.#f64[double + TIME_AT / 8] = row[1]
    this.#f64[double + VALUE_AT / 8] = row[0]
    this.#u16[block * (BLOCK_BYTES / 2) + METRIC_AT / 2 + inBlock] = metric
    this.#u8[block * BLOCK_BYTES + REGION_AT + inBlock] = region
    this.#u8[block * BLOCK_BYTES + TIER_AT + inBlock] = tier
    const isPlaced = lat !== POSITION_ABSENT && lon !== POSITION_ABSENT
    if (isPlaced || (this.#heads[block] & HEAD_PLACED) !== 0)
      this.#place(block, inBlock, isPlaced ? lat / UNITS_PER_DEGREE : NaN, lon / UNITS_PER_DEGREE)
  }

  /** Gives the blocks away. */
  take(): Blocks {
    const heads = this.#heads
    this.#expected = Math.max(FIRST_BLOCKS, heads.length + 4)
    for (let shard = 0; shard < SHARDS; shard++) {
      const next = this.#next[shard]
      if ((next & ROW) === 0) continue
      const block = next >>> BLOCK_SHIFT
      heads[block] = (heads[block] & (HEAD_SHARD | HEAD_PLACED)) | ((next & ROW) << HEAD_ROWS_SHIFT)
    }
    const { buffer } = this.#f64
    this.#use(new ArrayBuffer(0))
    this.#heads = []
    this.#next.fill(0)
    return { records: buffer, heads }
  }

  #begin(shard: number): number {
    const block = this.#heads.push(shard | (BLOCK_ROWS << HEAD_ROWS_SHIFT)) - 1
    if ((block + 1) * BLOCK_BYTES > this.#u8.length) this.#grow()
    return block << BLOCK_SHIFT
  }

  /** Rows of the block that came before have no position. */
  #place(block: number, row: number, lat: number, lon: number): void {
    const at = block * BLOCK_DOUBLES
    if ((this.#heads[block] & HEAD_PLACED) === 0) {
      this.#heads[block] |= HEAD_PLACED
      this.#f64.fill(NaN, at + LAT_AT / 8, at + METRIC_AT / 8)
    }
    this.#f64[at + LAT_AT / 8 + row] = lat
    this.#f64[at + LON_AT / 8 + row] = lat === lat ? lon : NaN
  }

  #use(buffer: ArrayBuffer): void {
    this.#f64 = new Float64Array(buffer)
    this.#u16 = new Uint16Array(buffer)
    this.#u8 = new Uint8Array(buffer)
  }

  #grow(): void {
    const former = this.#u8
    const spare = former.length === 0 ? this.#spare.pop() : undefined
    if (spare !== undefined && spare.byteLength >= BLOCK_BYTES) return this.#use(spare)
    this.#use(new ArrayBuffer(Math.max(this.#expected * BLOCK_BYTES, former.length * 2)))
    this.#u8.set(former)
  }
}

/** By block: the earliest and the latest event time in it. */
export function timesOf({ records, heads }: Blocks): { earliest: Float64Array; latest: Float64Array } {
  const f64 = new Float64Array(records)
  const earliest = new Float64Array(heads.length).fill(Infinity)
  const latest = new Float64Array(heads.length).fill(-Infinity)
  for (let block = 0; block < heads.length; block++) {
    const from = block * BLOCK_DOUBLES + TIME_AT / 8
    const to = from + (heads[block] >>> HEAD_ROWS_SHIFT)
    let [least, most] = [Infinity, -Infinity]
    for (let at = from; at < to; at++) {
      const time = f64[at]
      if (time < least) least = time
      if (time > most) most = time
    }
    earliest[block] = least
    latest[block] = most
  }
  return { earliest, latest }
}
