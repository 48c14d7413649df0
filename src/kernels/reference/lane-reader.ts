import { SLICE_READINGS, TRACK_CRITICAL, TRACK_EVENTS } from '../../memory/layout/lanes.layout.ts'
import { TICKS_PER_MS } from '../../memory/layout/reading.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import type { Lane } from './lane.ts'
import { LatencyCounts } from './latency.ts'
import type { AnomalyEvent, Lanes, RoutedReading } from './lanes.ts'
import { applyReading } from './windows.ts'

type AnyLane = Lane<RoutedReading> | Lane<AnomalyEvent>

/** Twin of asm/lane-reader.ts, for one worker. */
export class LaneReader {
  readonly processed = [0, 0, 0, 0]
  events = 0
  deadLettered = 0
  slices = 0
  sliceReadings = SLICE_READINGS
  /** By track. */
  readonly latencies = Array.from({ length: 5 }, () => new LatencyCounts())
  readonly #lanes: Lanes
  readonly #onDone: (reading: RoutedReading) => void
  readonly #claimed = new Set<number>()

  /** `onDone` is told of every reading that is done or skipped, in order. */
  constructor(lanes: Lanes, onDone: (reading: RoutedReading) => void = () => undefined) {
    this.#lanes = lanes
    this.#onDone = onDone
  }

  claimShard(track: number, first: number): number {
    for (let i = 0; i < SHARD_COUNT; i++) {
      const shard = (first + i) % SHARD_COUNT
      if (!this.#lanes.at(track, shard).isReady || this.#claimed.has(shard)) continue
      this.#claimed.add(shard)
      return shard
    }
    return -1
  }

  releaseShard(track: number, shard: number): void {
    const lane = this.#lanes.at(track, shard)
    if (lane.isDrained) lane.isReady = false
    this.#claimed.delete(shard)
  }

  /** The lane to work at for this lane's sake: a fence before its next entry may send to another. */
  laneToWork(lane: AnyLane): AnyLane | undefined {
    if (lane.isDrained) return undefined
    const { fences } = lane.enterBlock()
    if (lane.read > 0) return lane
    for (const [before, position] of [...fences].sort(([a], [b]) => a.track - b.track)) {
      if (before.consumed < position) return this.laneToWork(before as AnyLane)
    }
    return lane
  }

  openSlice(lane: AnyLane, limit: number): number {
    const inBlock = lane.blocks[0].entries.length - lane.read
    const allowed = lane.sliceLimit === 0 ? limit : Math.min(lane.sliceLimit, limit)
    const count = Math.min(lane.published - lane.consumed, inBlock, allowed)
    if (isEvents(lane)) return count
    for (; lane.applied < lane.consumed + count; lane.applied++) {
      const { series, time, value } = lane.blocks[0].entries[lane.read + lane.applied - lane.consumed]
      applyReading(series.window, time, value)
    }
    return count
  }

  closeSlice(lane: AnyLane, count: number, nowTick: number): void {
    if (isEvents(lane)) this.events += count
    else {
      this.processed[lane.track - TRACK_CRITICAL] += count
      const { base, entries } = lane.blocks[0]
      for (const { stamp } of entries.slice(lane.read, lane.read + count))
        this.latencies[lane.track].record((nowTick - base - stamp) * (1 / TICKS_PER_MS), 1)
    }
    this.slices++
    this.#advance(lane, count)
  }

  skipReading(lane: AnyLane): void {
    if (!isEvents(lane)) this.deadLettered++
    this.#advance(lane, 1)
  }

  /** Slices of ready lanes until `budget` is done, nothing more can be, or urgent work waits. */
  drainTrack(track: number, first: number, budget: number, nowTick: number): number {
    let done = 0
    for (let from = first; done < budget;) {
      const shard = this.claimShard(track, from)
      if (shard < 0) break
      const slices = this.#drainShard(track, shard, budget - done, nowTick)
      this.releaseShard(track, shard)
      done += slices.done
      if (slices.done === 0 || slices.gaveWay) break
      from = (shard + 1) % SHARD_COUNT
    }
    return done
  }

  #advance(lane: AnyLane, count: number): void {
    if (!isEvents(lane)) lane.blocks[0].entries.slice(lane.read, lane.read + count).forEach(this.#onDone)
    lane.read += count
    lane.consumed += count
  }

  #drainShard(
    track: number,
    shard: number,
    budget: number,
    nowTick: number,
  ): { done: number; gaveWay: boolean } {
    let done = 0
    let gaveWay = false
    let lane = this.laneToWork(this.#lanes.at(track, shard))
    while (lane !== undefined && done < budget && !gaveWay) {
      const count = this.openSlice(lane, this.sliceReadings)
      if (count === 0) break
      this.closeSlice(lane, count, nowTick)
      done += count
      gaveWay = track > TRACK_CRITICAL && this.#lanes.isUrgentReady()
      lane = this.laneToWork(this.#lanes.at(track, shard))
    }
    return { done, gaveWay }
  }
}

const isEvents = (lane: AnyLane): lane is Lane<AnomalyEvent> => lane.track === TRACK_EVENTS
