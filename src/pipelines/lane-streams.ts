import type { Clock } from '../core/clock.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import type { LaneStream } from './lane-stream.ts'
import type { LaneBlock } from './runtime/lane-block.ts'
import type { Progress } from './runtime/progress.ts'

/** Shards are looked after this often, so that windows close without new readings. */
export const LOOK_EVERY_MS = 100
/** Event times this far ahead of the wall clock move no watermark. */
const AHEAD_MS = 60_000

export interface LaneStreamsParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly clock: Clock
  readonly block: LaneBlock
  readonly streams: readonly LaneStream[]
}

/** Shows a worker's slices to the pipelines, each of which takes every entry once, and tells them how time goes on. */
export class LaneStreams {
  readonly #parts: LaneStreamsParts
  #isEnding = false

  constructor(parts: LaneStreamsParts) {
    this.#parts = parts
  }

  /** Under the shard's claim: `count` entries of the lane from `address` on, the first of which comes next. */
  readings(lane: number, address: number, count: number): void {
    const { memory, plan, clock, streams, block } = this.#parts
    const index = (lane - plan.at.lanes) >>> L.LANE_SHIFT
    const consumed = memory.u32[(lane + L.LANE_CONSUMED) >>> 2]
    const nowMs = clock.nowMs()
    const shard = index & (SHARD_COUNT - 1)
    let shownFrom = -1
    for (const running of streams) {
      const ahead = running.progress.ahead(index, consumed)
      if (ahead < count) {
        if (ahead !== shownFrom) block.gather(lane, address + ahead * 32, count - ahead)
        running.take(index, block, consumed + count, nowMs)
        // a block that readings were taken out of is not for others
        shownFrom = block.count === count - ahead ? ahead : -1
      }
      this.#advance(running, shard, nowMs)
    }
  }

  /** Shards that nobody has looked after for a while, or that hold a batch back. */
  isDue(shard: number): boolean {
    const { streams, clock } = this.#parts
    if (this.#isEnding) return streams.some((running) => running.isHolding(shard))
    const nowMs = clock.nowMs()
    const isDue = ({ progress }: LaneStream): boolean => progress.isDue(shard, nowMs, LOOK_EVERY_MS)
    return streams.some((running) => isDue(running) || running.isBatchDue(shard, nowMs))
  }

  /** From now on what is held back is due at once, and nothing else. */
  end(): void {
    this.#isEnding = true
  }

  /** Under the shard's claim: time goes on, also without readings. */
  look(shard: number): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const running of this.#parts.streams) {
      if (this.#isEnding || running.isBatchDue(shard, nowMs)) running.showHeld(shard)
      running.lookAtPaces(shard, nowMs)
      this.#advance(running, shard, nowMs)
      running.advance(shard, running.progress.watermark(shard))
      running.advanceCombined(behindMost(running.progress))
    }
  }

  #advance(running: LaneStream, shard: number, nowMs: number): void {
    const { progress, stream } = running
    const latest = this.#latestOf(running, shard, nowMs)
    const limit = this.#parts.clock.epochMs() + AHEAD_MS
    const watermark = Math.min(Math.min(latest, limit) - stream.time.latenessMs, running.limit(shard))
    if (progress.moveWatermark(shard, watermark)) running.advance(shard, progress.watermark(shard))
  }

  /**
   * Of the lane that is furthest behind among those where something waits, or of the latest. A quiet shard goes on with the
   * others, and no further, or its next reading would be late; when all are quiet time goes on by itself.
   */
  #latestOf({ progress, stream: { time } }: LaneStream, shard: number, nowMs: number): number {
    let behind = Infinity
    let latest = -Infinity
    for (let track = L.TRACK_CRITICAL; track < L.TRACK_COUNT; track++) {
      const lane = (track << L.LANES_PER_TRACK_SHIFT) | shard
      const reached = progress.timeOf(lane)
      latest = Math.max(latest, reached)
      if (this.#isWaiting(lane, progress)) behind = Math.min(behind, reached)
    }
    if (behind !== Infinity) return behind
    if (progress.quietMs(shard, nowMs) < time.idleMs) return latest
    return progress.latest() + Math.max(0, progress.quietMsOfAll(nowMs) - time.idleMs)
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
 * Of what shards have handed over, not of how far they are: where the door was shut they hand over later. Quiet ones count
 * as well, for they may hold something of a window that began before; they follow the others whenever they are looked after.
 */
function behindMost(progress: Progress): number {
  let behind = Infinity
  for (let shard = 0; shard < SHARD_COUNT; shard++) behind = Math.min(behind, progress.handedOver(shard))
  return behind
}
