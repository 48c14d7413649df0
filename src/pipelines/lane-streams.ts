import type { Clock } from '../core/clock.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import type { LaneBlock } from './runtime/lane-block.ts'
import type { Progress } from './runtime/progress.ts'
import type { Stream } from './runtime/stream.ts'

/** Shards are looked after this often, so that windows close without new readings. */
export const LOOK_EVERY_MS = 100
/** Event times this far ahead of the wall clock move no watermark. */
const AHEAD_MS = 60_000

export interface RunningStream {
  readonly stream: Stream
  readonly progress: Progress
}

export interface LaneStreamsParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly clock: Clock
  readonly block: LaneBlock
  readonly streams: readonly RunningStream[]
}

/** Shows a worker's slices to the pipelines, each of which takes every entry once, and tells them how time goes on. */
export class LaneStreams {
  readonly #parts: LaneStreamsParts

  constructor(parts: LaneStreamsParts) {
    this.#parts = parts
  }

  /** Under the shard's claim: `count` entries of the lane from `address` on, the first of which comes next. */
  readings(lane: number, address: number, count: number): void {
    const { memory, plan, clock, streams, block } = this.#parts
    const index = (lane - plan.at.lanes) >>> L.LANE_SHIFT
    const consumed = memory.u32[(lane + L.LANE_CONSUMED) >>> 2]
    const nowMs = clock.nowMs()
    let shownFrom = -1
    for (const running of streams) {
      const ahead = running.progress.ahead(index, consumed)
      if (ahead < count) {
        if (ahead !== shownFrom) block.gather(lane, address + ahead * 32, count - ahead)
        shownFrom = ahead
        const shard = index & (SHARD_COUNT - 1)
        running.stream.process(shard, block, running.progress.watermark(shard), () =>
          running.progress.take(index, consumed + count, latestOf(block), nowMs),
        )
      }
      this.#advance(running, index & (SHARD_COUNT - 1), nowMs)
    }
  }

  /** Shards that nobody has looked after for a while. */
  isDue(shard: number): boolean {
    const nowMs = this.#parts.clock.nowMs()
    return this.#parts.streams.some(({ progress }) => progress.isDue(shard, nowMs, LOOK_EVERY_MS))
  }

  /** Under the shard's claim: time goes on, also without readings. */
  look(shard: number): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const running of this.#parts.streams) {
      this.#advance(running, shard, nowMs)
      running.stream.advance(shard, running.progress.watermark(shard))
      running.stream.advanceCombined(behindMost(running, nowMs))
    }
  }

  #advance({ stream, progress }: RunningStream, shard: number, nowMs: number): void {
    const latest = this.#latestOf(progress, stream, shard, nowMs)
    const limit = this.#parts.clock.epochMs() + AHEAD_MS
    if (progress.moveWatermark(shard, Math.min(latest, limit) - stream.time.latenessMs))
      stream.advance(shard, progress.watermark(shard))
  }

  /** Of the lane that is furthest behind among those where something waits, or of the latest; later when it is quiet. */
  #latestOf(progress: Progress, { time }: Stream, shard: number, nowMs: number): number {
    let behind = Infinity
    let latest = -Infinity
    for (let track = L.TRACK_CRITICAL; track < L.TRACK_COUNT; track++) {
      const lane = (track << L.LANES_PER_TRACK_SHIFT) | shard
      const reached = progress.timeOf(lane)
      latest = Math.max(latest, reached)
      if (this.#isWaiting(lane, progress)) behind = Math.min(behind, reached)
    }
    if (behind !== Infinity) return behind
    const quietMs = progress.quietMs(shard, nowMs)
    if (quietMs < time.idleMs) return latest
    // others go on by their readings; only when all are quiet the clock goes on for them
    return progress.latest() + Math.max(0, progress.allQuietMs(nowMs) - time.idleMs)
  }

  /** Are there entries that the pipeline has not taken in? */
  #isWaiting(lane: number, progress: Progress): boolean {
    const { memory, plan } = this.#parts
    const at = plan.at.lanes + (lane << L.LANE_SHIFT)
    const published = observeCursor(memory.i32, at + L.LANE_PUBLISHED) // pairs with publishLane
    const consumed = memory.u32[(at + L.LANE_CONSUMED) >>> 2]
    return ((published - consumed) | 0) > progress.ahead(lane, consumed)
  }
}

/**
 * Of what shards have handed over, not of how far they are: where the door was shut they hand over later. An idle shard
 * holds nothing back, unless it has something to hand over; when all are idle the latest counts.
 */
function behindMost({ progress, stream }: RunningStream, nowMs: number): number {
  let behind = Infinity
  let most = -Infinity
  for (let shard = 0; shard < SHARD_COUNT; shard++) {
    const watermark = progress.watermark(shard)
    most = Math.max(most, watermark)
    const handedOver = progress.handedOver(shard)
    const isIdle = progress.quietMs(shard, nowMs) >= stream.time.idleMs
    if (!isIdle || handedOver < watermark) behind = Math.min(behind, handedOver)
  }
  return behind === Infinity ? most : behind
}

function latestOf({ time, count }: LaneBlock): number {
  let latest = -Infinity
  for (let i = 0; i < count; i++) if (time[i] > latest) latest = time[i]
  return latest
}
