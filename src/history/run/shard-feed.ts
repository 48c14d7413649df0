import { SHARDS } from '../../core/limits.ts'
import { type Blocks, HEAD_SHARD, timesOf } from '../scan/share-blocks.ts'
import type { ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import type { ScanDesk } from '../scan/scan-desk.ts'
import type { OpenedStream } from './open-stream.ts'
import { type RunIds, ShownGroup } from './shown-group.ts'

/** Slices of a shard that are shown before it hears of the watermark: what is done each time is then done for more rows. */
const SLICES = 8
const NUMBERS = Array.from({ length: SLICES }, (_, slice) => slice)

/**
 * Shows a pipeline the readings of the shards of one share, in the order of the input and in slices that don't depend on how
 * many threads there are; so the results don't either. A shard's watermark follows its own latest reading, as in the engine;
 * one that is quiet follows the others, its `idleMs` behind. It is told of its watermark before any reading that is behind
 * it, so what is late is late, but not for each slice.
 */
export class ShardFeed {
  readonly #opened: OpenedStream
  readonly #share: number
  readonly #shares: number
  readonly #latest = new Float64Array(SHARDS).fill(-Infinity)
  readonly #watermarks = new Float64Array(SHARDS).fill(-Infinity)
  /** By shard: its blocks of the chunk. */
  readonly #blocks: number[][] = Array.from({ length: SHARDS }, () => [])
  readonly #shown: ShownGroup
  readonly #scores: { take(block: ReadingBlock): void } | undefined

  /** `isByDevice`: it makes no difference which of two devices is shown first. */
  constructor(
    desk: ScanDesk,
    opened: OpenedStream,
    share: number,
    shares: number,
    isByDevice: boolean,
    scores: { take(block: ReadingBlock): void } | undefined,
  ) {
    this.#scores = scores
    this.#opened = opened
    this.#share = share
    this.#shares = shares
    this.#shown = new ShownGroup(desk, SLICES, isByDevice)
  }

  /** A part of a chunk; `latest` is the latest event time of all shards so far. Returns the lowest watermark. */
  take(blocks: Blocks, ids: RunIds, latest: number): number {
    const { latenessMs, idleMs } = this.#opened.stream.time
    const times = timesOf(blocks)
    this.#shown.begin(ids)
    blocks.heads.forEach((head, block) => this.#blocks[head & HEAD_SHARD].push(block))
    let floor = Infinity
    for (let shard = this.#share; shard < SHARDS; shard += this.#shares) {
      this.#showAll(shard, blocks, times)
      this.#blocks[shard].length = 0
      this.#advance(shard, latest - latenessMs - idleMs)
      floor = Math.min(floor, this.#watermarks[shard])
    }
    return floor
  }

  /** Every window closes: nothing is later than `end`. */
  finish(end: number): void {
    for (let shard = this.#share; shard < SHARDS; shard += this.#shares) this.#advance(shard, end)
  }

  #showAll(shard: number, blocks: Blocks, times: ReturnType<typeof timesOf>): void {
    const { latenessMs } = this.#opened.stream.time
    let group: number[] = []
    for (const block of this.#blocks[shard]) {
      const isBehind = times.earliest[block] < this.#latest[shard] - latenessMs
      if (isBehind || group.length === SLICES) {
        this.#show(shard, blocks, group)
        group = []
      }
      group.push(block)
      this.#latest[shard] = Math.max(this.#latest[shard], times.latest[block])
    }
    this.#show(shard, blocks, group)
  }

  #show(shard: number, blocks: Blocks, group: readonly number[]): void {
    const { stream, together } = this.#opened
    const watermark = this.#watermarks[shard]
    if (group.length > 0) {
      const { slices } = this.#shown
      const count = this.#shown.gather(blocks, group)
      for (let slice = 0; slice < count; slice++) this.#scores?.take(slices[slice])
      together(shard, NUMBERS.slice(0, count), (slice) => stream.process(shard, slices[slice], watermark))
    }
    this.#advance(shard, this.#latest[shard] - stream.time.latenessMs)
  }

  #advance(shard: number, watermark: number): void {
    if (!(watermark > this.#watermarks[shard])) return
    this.#watermarks[shard] = watermark
    this.#opened.stream.advance(shard, watermark)
  }
}
