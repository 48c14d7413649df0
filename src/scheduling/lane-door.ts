import type { Kernels } from '../kernels/kernels.ts'
import type { AgentGate } from '../memory/agents/agent-gate.ts'
import { claimWord, observeCursor } from '../memory/atomics.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'

/** A worker's way into the lanes: what is ready, claims, slices. The lanes themselves are in asm/lane-reader.ts. */
export class LaneDoor {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  readonly #kernels: Kernels
  readonly #gate: AgentGate
  readonly #worker: number
  /** Where each track's search for a ready shard goes on, so that none is left behind. */
  readonly #next: number[] = Array.from({ length: L.TRACK_COUNT }, () => 0)

  constructor(memory: SharedMemory, plan: MemoryPlan, kernels: Kernels, gate: AgentGate, worker: number) {
    this.#memory = memory
    this.#plan = plan
    this.#kernels = kernels
    this.#gate = gate
    this.#worker = worker
  }

  isReady(track: number): boolean {
    const word = this.#plan.at.ready + track * L.READY_STRIDE
    return (observeCursor(this.#memory.i32, word) | observeCursor(this.#memory.i32, word + 4)) !== 0
  }

  /** Events or critical readings wait, to which routine work gives way. */
  isUrgentReady(): boolean {
    return this.isReady(L.TRACK_EVENTS) || this.isReady(L.TRACK_CRITICAL)
  }

  /** Works through a track with the built-in pipeline alone; returns the readings done. */
  drain(track: number, budget: number, nowMs: number): number {
    const first = this.#next[track]
    this.#next[track] = (first + 1) % SHARD_COUNT
    return this.#kernels.drainTrack(this.#plan.at.map, this.#worker, track, first, budget, nowMs)
  }

  /** Claims a shard that has something in the track, or returns -1. */
  claim(track: number): number {
    const shard = this.#kernels.claimShard(this.#plan.at.map, this.#worker, track, this.#next[track])
    if (shard < 0) return shard
    this.#next[track] = (shard + 1) % SHARD_COUNT
    this.#gate.noteClaim(track, shard)
    return shard
  }

  /** Claims the shard, whether it has something or not, unless somebody else has it. */
  claimShard(shard: number): boolean {
    const word = this.#plan.at.claims + shard * L.CLAIM_STRIDE
    if (!claimWord(this.#memory.i32, word, 0, this.#worker + 1)) return false
    this.#gate.noteClaim(L.TRACK_EVENTS, shard)
    return true
  }

  release(track: number, shard: number): void {
    this.#kernels.releaseShard(this.#plan.at.map, track, shard)
    this.#gate.noteRelease()
  }

  /** The lane to work at for the track's sake, or 0. */
  laneToWork(track: number, shard: number): number {
    return this.#kernels.laneToWork(this.#plan.at.map, this.#worker, track, shard) >>> 0
  }

  /** Entries to work at now, at most `limit`; they begin at `entryAddress`. */
  open(lane: number, limit: number): number {
    return this.#kernels.openSlice(this.#plan.at.map, lane, limit)
  }

  entryAddress(lane: number): number {
    return this.#memory.u32[(lane + L.LANE_READ) >>> 2]
  }

  /** The slice is done; where a failure was suspected, the next one may be twice as long. */
  close(lane: number, count: number, nowMs: number): void {
    this.#kernels.closeSlice(this.#plan.at.map, this.#worker, lane, count, nowMs)
    const limit = this.#sliceLimit(lane)
    if (limit !== 0) this.#setSliceLimit(lane, limit * 2 >= L.SLICE_READINGS ? 0 : limit * 2)
  }

  /** The slice failed: the next one is half as long. */
  suspect(lane: number, count: number): void {
    this.#setSliceLimit(lane, Math.max(1, count >>> 1))
  }

  /** Gives the lane's next entry up. */
  skip(lane: number): void {
    this.#kernels.skipReading(this.#plan.at.map, this.#worker, lane)
  }

  trackOf(lane: number): number {
    return (lane - this.#plan.at.lanes) >>> (L.LANE_SHIFT + L.LANES_PER_TRACK_SHIFT)
  }

  /** Has the lane's next event been reported, by a worker that did not get any further? */
  isReported(lane: number): boolean {
    const { i32 } = this.#memory
    return ((i32[(lane + L.LANE_APPLIED) >>> 2] - i32[(lane + L.LANE_CONSUMED) >>> 2]) | 0) > 0
  }

  noteReported(lane: number): void {
    const { i32 } = this.#memory
    i32[(lane + L.LANE_APPLIED) >>> 2] = (i32[(lane + L.LANE_CONSUMED) >>> 2] + 1) | 0
  }

  #sliceLimit(lane: number): number {
    return this.#memory.u32[(lane + L.LANE_SLICE_LIMIT) >>> 2]
  }

  #setSliceLimit(lane: number, limit: number): void {
    this.#memory.u32[(lane + L.LANE_SLICE_LIMIT) >>> 2] = limit
  }
}
