import { SHARDS } from '../../core/limits.ts'
import type { Stream } from '../../pipelines/runtime/stream.ts'
import { RECORD_WORDS } from '../scan/record.ts'
import { BlockWriter } from './block-writer.ts'

/**
 * Shows a pipeline the readings of the shards of one share, in the order of the input and in slices that don't depend on how
 * many threads there are; so the results don't either. A shard's watermark follows its own latest reading, as in the engine;
 * one that is quiet follows the others, its `idleMs` behind.
 */
export class ShardFeed {
  readonly #stream: Stream
  readonly #share: number
  readonly #shares: number
  readonly #blocks: (BlockWriter | undefined)[] = []
  readonly #latest = new Float64Array(SHARDS).fill(-Infinity)
  readonly #watermarks = new Float64Array(SHARDS).fill(-Infinity)

  constructor(stream: Stream, share: number, shares: number) {
    this.#stream = stream
    this.#share = share
    this.#shares = shares
  }

  /** A part of a chunk; `latest` is the latest event time of all shards so far. Returns the lowest watermark. */
  take(
    records: ArrayBuffer,
    count: number,
    metricIds: Uint16Array,
    regionIds: Uint8Array,
    latest: number,
  ): number {
    const f64 = new Float64Array(records)
    const i32 = new Int32Array(records)
    for (let index = 0; index < count; index++) {
      const shard = i32[2 * index * RECORD_WORDS + 8] >>> 26
      const block = (this.#blocks[shard] ??= new BlockWriter())
      if (block.put(f64, i32, index, metricIds, regionIds)) this.#show(shard, block)
    }
    return this.#close(latest)
  }

  /** Every window closes: nothing is later than `end`. */
  finish(end: number): void {
    for (let shard = this.#share; shard < SHARDS; shard += this.#shares) this.#advance(shard, end)
  }

  #show(shard: number, block: BlockWriter): void {
    let latest = this.#latest[shard]
    for (let row = 0; row < block.count; row++) if (block.time[row] > latest) latest = block.time[row]
    this.#latest[shard] = latest
    this.#stream.process(shard, block, this.#watermarks[shard])
    block.count = 0
    this.#advance(shard, latest - this.#stream.time.latenessMs)
  }

  /** The end of a chunk: what is in blocks is shown, and quiet shards follow. */
  #close(latest: number): number {
    const { latenessMs, idleMs } = this.#stream.time
    let floor = Infinity
    for (let shard = this.#share; shard < SHARDS; shard += this.#shares) {
      const block = this.#blocks[shard]
      if (block !== undefined && block.count > 0) this.#show(shard, block)
      this.#advance(shard, latest - latenessMs - idleMs)
      floor = Math.min(floor, this.#watermarks[shard])
    }
    return floor
  }

  #advance(shard: number, watermark: number): void {
    if (!(watermark > this.#watermarks[shard])) return
    this.#watermarks[shard] = watermark
    this.#stream.advance(shard, watermark)
  }
}
