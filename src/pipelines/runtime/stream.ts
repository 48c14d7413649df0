import type { TimeOptions } from '../definition/definition.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'

/** A running pipeline, as its host sees it: a worker, the runner over history, a test. */
export interface Stream {
  readonly name: string
  readonly time: TimeOptions
  /**
   * Takes the block in, once: phases A and B of docs/decisions/pipelines.md. `watermark` = what `advance` was told last, on
   * whatever thread. `onTaken` is called when windows have taken it in, so that it must not be shown again: before the
   * functions behind a `late`. User functions' errors stay inside.
   */
  process(shard: number, block: ReadingBlock, watermark: number, onTaken?: () => void): void
  /** Nothing older than `watermark` comes any more, unless it is late: phase C. */
  advance(shard: number, watermark: number): void
  /** Groups of all shards: none of the shards that are not idle is behind `watermark`. */
  advanceCombined(watermark: number): void
}
