import { BLOCK_ROWS, type ReadingBlock } from '../pipelines/definition/reading-block.ts'

type Row = { readonly [Column in keyof Omit<ReadingBlock, 'count'>]: number }

/** A block of one shard, filled reading by reading. */
export class TestBlock implements ReadingBlock {
  shard = 0
  count = 0
  readonly device = new Float64Array(BLOCK_ROWS)
  readonly metric = new Uint16Array(BLOCK_ROWS)
  readonly time = new Float64Array(BLOCK_ROWS)
  readonly value = new Float64Array(BLOCK_ROWS)
  readonly lat = new Float64Array(BLOCK_ROWS)
  readonly lon = new Float64Array(BLOCK_ROWS)
  readonly region = new Uint8Array(BLOCK_ROWS)
  readonly tier = new Uint8Array(BLOCK_ROWS)
  readonly score = new Float64Array(BLOCK_ROWS)

  put(shard: number, row: Row): void {
    this.shard = shard
    const at = this.count++
    for (const [column, value] of Object.entries(row) as [keyof Row, number][]) this[column][at] = value
  }

  latest(): number {
    return Math.max(...this.time.subarray(0, this.count))
  }
}
