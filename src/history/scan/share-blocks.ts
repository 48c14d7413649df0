/*
 * Readings on their way from the thread that has read them to the one that has their shards, in blocks of one shard each; blocks of all shards
 * of a share lie in one buffer, in the order in which they were begun. Rows lie whole, one behind the other, so that each shard
 * is one place that is written to, not one per column. Bytes of a block:
 *
 *       0  row 0: f64 time, f64 value, u32 device, u16 metric, u8 region, u8 tier    all as numbers of the reading thread
 *      24  row 1 …
 *    6144  f64 lat     8192  f64 lon     of all rows, valid if the block is placed
 */
import { SHARDS, SLICE_READINGS as BLOCK_ROWS } from '../../core/limits.ts'

/** A cache line more than the rows: all shards' blocks fill at one pace, and would meet in the same few cache sets. */
const BLOCK_BYTES = 40 * BLOCK_ROWS + 64
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

export const POSITION_ABSENT = -2147483648
export const UNITS_PER_DEGREE = 1e7
const FIRST_BLOCKS = 16
const FULL = ROW_DOUBLES * BLOCK_ROWS

export interface Blocks {
  readonly records: ArrayBuffer
  /** One for each block. */
  readonly heads: readonly number[]
}

/** What a row is besides its numbers: metric (16 bits), region (8), tier (8). */
export const kindOf = (metric: number, region: number, tier: number): number =>
  metric | (region << 16) | (tier << 24)

/** Blocks of one share, in the order of the input within a shard; grows as needed. */
export class ShareBlocks {
  #heads: number[] = []
  /** By shard: the double where its next row goes; at `#end` a new block begins. */
  readonly #next = new Int32Array(SHARDS)
  readonly #end = new Int32Array(SHARDS)
  #f64 = new Float64Array(0)
  #u32 = new Uint32Array(0)
  readonly #spare: ArrayBuffer[]
  /** Blocks of the chunk before: the next one will have as many. */
  #expected = FIRST_BLOCKS

  /** `spare` is memory that may be taken instead of new one. */
  constructor(spare: ArrayBuffer[]) {
    this.#spare = spare
  }

  /** Position in 1e-7 degree; the kind as `kindOf` makes it. Small enough to be inlined: else numbers would be allocated. */
  put(
    shard: number,
    device: number,
    kind: number,
    time: number,
    value: number,
    lat: number,
    lon: number,
  ): void {
    let at = this.#next[shard]
    if (at === this.#end[shard]) at = this.#begin(shard)
    this.#next[shard] = at + ROW_DOUBLES
    this.#f64[at] = time
    this.#f64[at + 1] = value
    this.#u32[2 * at + DEVICE_WORD] = device
    this.#u32[2 * at + KIND_WORD] = kind
    if (lat !== POSITION_ABSENT && lon !== POSITION_ABSENT) this.#place(shard, at, lat, lon)
  }

  /** Gives the blocks away. */
  take(): Blocks {
    const heads = this.#heads
    this.#expected = Math.max(FIRST_BLOCKS, heads.length + 4)
    for (let shard = 0; shard < SHARDS; shard++) {
      const left = (this.#end[shard] - this.#next[shard]) / ROW_DOUBLES
      if (left > 0) heads[this.#blockOf(shard)] -= left << HEAD_ROWS_SHIFT
    }
    const { buffer } = this.#f64
    this.#use(new ArrayBuffer(0))
    this.#heads = []
    this.#next.fill(0)
    this.#end.fill(0)
    return { records: buffer, heads }
  }

  #blockOf(shard: number): number {
    return (this.#end[shard] - FULL) / BLOCK_DOUBLES
  }

  #begin(shard: number): number {
    const block = this.#heads.push(shard | (BLOCK_ROWS << HEAD_ROWS_SHIFT)) - 1
    const at = block * BLOCK_DOUBLES
    if (at + BLOCK_DOUBLES > this.#f64.length) this.#grow()
    this.#end[shard] = at + FULL
    return at
  }

  /** Rows that have none have no position. */
  #place(shard: number, at: number, lat: number, lon: number): void {
    const block = this.#blockOf(shard)
    const first = block * BLOCK_DOUBLES
    if ((this.#heads[block] & HEAD_PLACED) === 0) {
      this.#heads[block] |= HEAD_PLACED
      this.#f64.fill(NaN, first + LAT_AT, first + LON_AT + BLOCK_ROWS)
    }
    const row = (at - first) / ROW_DOUBLES
    this.#f64[first + LAT_AT + row] = lat / UNITS_PER_DEGREE
    this.#f64[first + LON_AT + row] = lon / UNITS_PER_DEGREE
  }

  #use(buffer: ArrayBuffer): void {
    this.#f64 = new Float64Array(buffer)
    this.#u32 = new Uint32Array(buffer)
  }

  #grow(): void {
    const former = this.#f64
    const spare = former.length === 0 ? this.#spare.pop() : undefined
    if (spare !== undefined && spare.byteLength >= BLOCK_BYTES) return this.#use(spare)
    this.#use(new ArrayBuffer(Math.max(this.#expected * BLOCK_BYTES, former.byteLength * 2)))
    this.#f64.set(former)
  }
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
