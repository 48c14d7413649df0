import { SHARDS } from '../core/limits.ts'
import type { Stream } from '../pipelines/runtime/stream.ts'

/**
 * Time as the engine tells it to a pipeline, on a clock that is moved by hand: a shard's watermark is its latest event time
 * less the lateness; a shard that is quiet for `idleMs` goes on with the others and holds nothing back.
 */
export class ShardClock {
  readonly #stream: Stream
  readonly #latest = new Float64Array(SHARDS).fill(-Infinity)
  /** When something was last heard of a shard; of all when the test began. */
  readonly #active = new Float64Array(SHARDS)
  readonly #watermarks = new Float64Array(SHARDS).fill(-Infinity)

  constructor(stream: Stream, nowMs: number) {
    this.#stream = stream
    this.#active.fill(nowMs)
  }

  watermark(shard: number): number {
    return this.#watermarks[shard]
  }

  heard(shard: number, time: number, nowMs: number): void {
    this.#latest[shard] = Math.max(this.#latest[shard], time)
    this.#active[shard] = nowMs
  }

  tell(nowMs: number): void {
    const { idleMs, latenessMs } = this.#stream.time
    // others go on by their readings; only when all are quiet the clock goes on for them
    const allQuietMs = nowMs - Math.max(...this.#active)
    const latest = Math.max(...this.#latest) + Math.max(0, allQuietMs - idleMs)
    let behind = Infinity
    for (let shard = 0; shard < SHARDS; shard++) {
      const quietMs = nowMs - this.#active[shard]
      const reached = quietMs < idleMs ? this.#latest[shard] : latest
      this.#move(shard, reached - latenessMs)
      if (quietMs < idleMs) behind = Math.min(behind, this.#watermarks[shard])
    }
    this.#stream.advanceCombined(behind === Infinity ? Math.max(...this.#watermarks) : behind)
  }

  /** Every window closes: nothing is later than `horizonMs` after the latest reading. */
  end(horizonMs: number): void {
    const end = Math.max(...this.#latest) + horizonMs
    for (let shard = 0; shard < SHARDS; shard++) this.#move(shard, end)
    this.#stream.advanceCombined(end)
  }

  #move(shard: number, watermark: number): void {
    if (!(watermark > this.#watermarks[shard])) return
    this.#watermarks[shard] = watermark
    this.#stream.advance(shard, watermark)
  }
}
