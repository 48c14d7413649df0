import { SHARDS } from '../../core/limits.ts'
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'
import { BLOCK_BYTES, type Blocks, HEAD_PLACED, HEAD_ROWS_SHIFT, HEAD_SHARD } from './share-blocks.ts'

/** Blocks that are made at a time: one for each shard. */
const BLOCKS = SHARDS
/** Memory that is kept for chunks to come. */
const MAX_SPARE = 8

/** The blocks that the scanning kernels fill: makes them, and gives away what is in them, by shares. */
export class BlockPool {
  readonly #desk: ScanDesk
  readonly #shares: number
  readonly #spare: ArrayBuffer[] = []
  #blocks: Int32Array
  #heads: Int32Array
  #count = 0

  /** Shard s belongs to share s mod `shares`. */
  constructor(desk: ScanDesk, shares: number) {
    this.#desk = desk
    this.#shares = shares
    this.#blocks = desk.words(BLOCKS)
    this.#heads = desk.words(BLOCKS)
    this.makeRoom()
  }

  /** For one row more at least. */
  ensureRoom(): void {
    const { i32 } = this.#desk
    if (i32[S.DESK_BLOCKS_USED >>> 2] === this.#count) this.makeRoom()
  }

  makeRoom(): void {
    if (this.#count === this.#blocks.length) {
      this.#blocks = this.#twice(this.#blocks)
      this.#heads = this.#twice(this.#heads)
    }
    const address = this.#desk.reserve(BLOCKS * BLOCK_BYTES)
    for (let i = 0; i < BLOCKS; i++) this.#blocks[this.#count++] = address + i * BLOCK_BYTES
    const { u32 } = this.#desk
    u32[S.DESK_BLOCKS >>> 2] = this.#blocks.byteOffset
    u32[S.DESK_HEADS >>> 2] = this.#heads.byteOffset
    u32[S.DESK_BLOCK_COUNT >>> 2] = this.#count
  }

  /** What has been filled, by share; all blocks are free again. */
  take(): Blocks[] {
    const { i32 } = this.#desk
    const used = i32[S.DESK_BLOCKS_USED >>> 2]
    this.#closeBlocks()
    const own: number[][] = Array.from({ length: this.#shares }, () => [])
    for (let block = 0; block < used; block++)
      own[(this.#heads[block] & HEAD_SHARD) % this.#shares].push(block)
    i32[S.DESK_BLOCKS_USED >>> 2] = 0
    return own.map((blocks) => this.#copied(blocks))
  }

  /** Memory of records that are done with. */
  reuse(records: ArrayBuffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(records)
  }

  /** The last block of each shard has as many rows as were put. */
  #closeBlocks(): void {
    const { i32 } = this.#desk
    for (let shard = 0; shard < SHARDS; shard++) {
      const [next, end] = [(S.DESK_NEXT >>> 2) + shard, (S.DESK_END >>> 2) + shard]
      const left = (i32[end] - i32[next]) / S.BLOCK_ROW_BYTES
      if (left > 0) this.#heads[i32[(S.DESK_BLOCK >>> 2) + shard]] -= left << HEAD_ROWS_SHIFT
      i32[next] = i32[end] = 0
    }
  }

  #copied(blocks: readonly number[]): Blocks {
    const records = this.#records(blocks.length * BLOCK_BYTES)
    const from = new Float64Array(this.#desk.buffer)
    const to = new Float64Array(records)
    const heads = blocks.map((block) => this.#heads[block])
    blocks.forEach((block, i) => {
      const rows = heads[i] >>> HEAD_ROWS_SHIFT
      const bytes = (heads[i] & HEAD_PLACED) === 0 ? rows * S.BLOCK_ROW_BYTES : BLOCK_BYTES
      const at = this.#blocks[block] / 8
      to.set(from.subarray(at, at + bytes / 8), (i * BLOCK_BYTES) / 8)
    })
    return { records, heads }
  }

  #records(bytes: number): ArrayBuffer {
    const spare = this.#spare.findIndex(({ byteLength }) => byteLength >= bytes)
    return spare < 0 ? new ArrayBuffer(bytes) : this.#spare.splice(spare, 1)[0]
  }

  #twice(words: Int32Array): Int32Array {
    const wider = this.#desk.words(2 * words.length)
    wider.set(words)
    return wider
  }
}
