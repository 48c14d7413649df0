import { addToCounter, claimWord, observeCounter, publishCursor } from '../../memory/atomics.ts'
import * as L from '../../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import type { CombinedDoor } from './combined-door.ts'
import type { Counts, PipelineFigures } from './counts.ts'

const TAKEN = 0
const TIMES = TAKEN + 4 * L.LANE_COUNT
const WATERMARKS = TIMES + 8 * L.LANE_COUNT
const ACTIVE = WATERMARKS + 8 * SHARD_COUNT
const LOOKED = ACTIVE + 8 * SHARD_COUNT
const COUNTERS = LOOKED + 8 * SHARD_COUNT
const HANDED_OVER = COUNTERS + 8 * 4
const COMBINED_WATERMARK = HANDED_OVER + 8 * SHARD_COUNT
const COMBINED_CLAIM = COMBINED_WATERMARK + 8
/** In what `capture` returns, behind the watermarks: time and entries ahead of each track. */
const KEPT_TRACKS = 2
export const PROGRESS_BYTES = COMBINED_CLAIM + 8

/**
 * How far a pipeline has come, in shared memory: per lane the entries it has taken in and their latest event time, per
 * shard its watermark and when something came last (monotonic). Written by whoever holds the shard's claim.
 */
export class Progress implements Counts {
  readonly buffer: SharedArrayBuffer
  readonly #i32: Int32Array
  readonly #counters: BigInt64Array
  readonly #taken: Uint32Array
  /** Latest event time per lane; −Infinity before the first reading. */
  readonly #times: Float64Array
  readonly #watermarks: Float64Array
  readonly #active: Float64Array
  readonly #looked: Float64Array
  /** By shard; behind them what the groups of all shards have been advanced to. */
  readonly #combined: Float64Array

  /** `consumed`: entries of a lane that are done, which the pipeline does not see. */
  static begin(nowMs: number, consumed: (lane: number) => number = () => 0): Progress {
    const progress = new Progress(new SharedArrayBuffer(PROGRESS_BYTES))
    for (let lane = 0; lane < L.LANE_COUNT; lane++) progress.#taken[lane] = consumed(lane)
    progress.#times.fill(-Infinity)
    progress.#watermarks.fill(-Infinity)
    progress.#combined.fill(-Infinity)
    progress.#active.fill(nowMs)
    return progress
  }

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#i32 = new Int32Array(buffer)
    this.#counters = new BigInt64Array(buffer, COUNTERS, 4)
    this.#taken = new Uint32Array(buffer, TAKEN, L.LANE_COUNT)
    this.#times = new Float64Array(buffer, TIMES, L.LANE_COUNT)
    this.#watermarks = new Float64Array(buffer, WATERMARKS, SHARD_COUNT)
    this.#active = new Float64Array(buffer, ACTIVE, SHARD_COUNT)
    this.#looked = new Float64Array(buffer, LOOKED, SHARD_COUNT)
    this.#combined = new Float64Array(buffer, HANDED_OVER, SHARD_COUNT + 1)
  }

  /** Entries of the lane from position `consumed` on that have been taken in already, by a worker that died. */
  ahead(lane: number, consumed: number): number {
    const ahead = (this.#taken[lane] - consumed) | 0
    return ahead > 0 ? ahead : 0
  }

  /** The lane's entries up to `position` are taken in; the latest of them is of `time`. */
  take(lane: number, position: number, time: number, nowMs: number): void {
    this.#taken[lane] = position
    if (time > this.#times[lane]) this.#times[lane] = time
    this.#active[lane % SHARD_COUNT] = nowMs
  }

  timeOf(lane: number): number {
    return this.#times[lane]
  }

  watermark(shard: number): number {
    return this.#watermarks[shard]
  }

  /** The watermark up to which the shard has handed over what it holds of groups of all shards. */
  handedOver(shard: number): number {
    return this.#combined[shard]
  }

  /** True when it has moved on. */
  moveWatermark(shard: number, to: number): boolean {
    if (!(to > this.#watermarks[shard])) return false
    this.#watermarks[shard] = to
    return true
  }

  quietMs(shard: number, nowMs: number): number {
    return nowMs - this.#active[shard]
  }

  /** How long nothing has come to any shard. */
  allQuietMs(nowMs: number): number {
    let active = -Infinity
    for (let shard = 0; shard < SHARD_COUNT; shard++) active = Math.max(active, this.#active[shard])
    return nowMs - active
  }

  /** The latest event time of all shards. */
  latest(): number {
    let latest = -Infinity
    for (let lane = 0; lane < L.LANE_COUNT; lane++) latest = Math.max(latest, this.#times[lane])
    return latest
  }

  /** Whether the shard was not looked after for `everyMs`; notes that it is now. */
  isDue(shard: number, nowMs: number, everyMs: number): boolean {
    if (nowMs - this.#looked[shard] < everyMs) return false
    this.#looked[shard] = nowMs
    return true
  }

  /** A thread's way to the groups of all shards; `owner` is not 0. */
  combinedDoor(owner: number): CombinedDoor {
    const combined = this.#combined
    return {
      get watermark() {
        return combined[SHARD_COUNT]
      },
      set watermark(watermark) {
        combined[SHARD_COUNT] = watermark
      },
      handedOver: (shard) => combined[shard],
      noteHandedOver: (shard, watermark) => void (combined[shard] = watermark),
      enter: (act) => this.#withCombined(owner, act),
    }
  }

  /** What a thread that died may have left claimed. */
  releaseCombined(owner: number): void {
    claimWord(this.#i32, COMBINED_CLAIM, owner, 0)
  }

  #withCombined(owner: number, act: () => void): boolean {
    if (!claimWord(this.#i32, COMBINED_CLAIM, 0, owner)) return false
    try {
      act()
    } finally {
      publishCursor(this.#i32, COMBINED_CLAIM, 0)
    }
    return true
  }

  shown(readings: number): void {
    addToCounter(this.#counters, 0, readings)
  }

  late(rows: number): void {
    addToCounter(this.#counters, 1, rows)
  }

  failed(items: number): void {
    addToCounter(this.#counters, 2, items)
  }

  results(count: number): void {
    addToCounter(this.#counters, 3, count)
  }

  figures(): PipelineFigures {
    const [readings, late, failed, results] = [0, 1, 2, 3].map((i) => observeCounter(this.#counters, i))
    return { readings, late, failed, results }
  }

  /** For a checkpoint, under the shard's claim: its watermark and what is ahead in its lanes. */
  capture(shard: number, consumed: (lane: number) => number): Float64Array {
    const kept = new Float64Array(KEPT_TRACKS + 2 * L.TRACK_COUNT)
    kept[0] = this.#watermarks[shard]
    kept[1] = this.#combined[shard]
    for (let track = 0; track < L.TRACK_COUNT; track++) {
      const lane = (track << L.LANES_PER_TRACK_SHIFT) | shard
      kept[KEPT_TRACKS + 2 * track] = this.#times[lane]
      kept[KEPT_TRACKS + 2 * track + 1] = this.ahead(lane, consumed(lane))
    }
    return kept
  }

  /** What `capture` said (of the groups of all shards: their watermark), after the shard's lanes begin anew at `consumed`. */
  restore(shard: number, kept: Float64Array, consumed: (lane: number) => number): void {
    if (shard === SHARD_COUNT) {
      this.#combined[SHARD_COUNT] = kept[0]
      return
    }
    this.#watermarks[shard] = kept[0]
    this.#combined[shard] = kept[1]
    for (let track = 0; track < L.TRACK_COUNT; track++) {
      const lane = (track << L.LANES_PER_TRACK_SHIFT) | shard
      this.#times[lane] = kept[KEPT_TRACKS + 2 * track]
      this.#taken[lane] = consumed(lane) + kept[KEPT_TRACKS + 2 * track + 1]
    }
  }
}
