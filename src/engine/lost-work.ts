import type { LaneProcessor } from '../core/lane-processor.ts'
import { AgentGate } from '../memory/agents/agent-gate.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as A from '../memory/layout/control.layout.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { LaneDoor } from '../scheduling/lane-door.ts'
import type { Foundation } from './foundation.ts'

/** What a dead worker was showing to the functions of a pipeline, which are to blame. */
export interface Blame {
  /** Of the readings of a lane; undefined: of what the lane's slice has nothing to do with. */
  readonly pipeline: string | undefined
  /** The pipeline doesn't see the entries of the lane up to `position`. */
  skip(lane: number, position: number): void
}

/** What pipelines know of a worker that died with these shards; they take back what it held of theirs. */
export type BlameOf = (worker: number, shards: readonly number[], cause: unknown) => Blame | undefined

/**
 * What a dead worker leaves behind: a claimed shard, and the slice that user code didn't come back from. The shard is
 * given back; the slice is tried again at half its length, until a single entry is left, which is given up. Runs on the
 * main thread, in the dead worker's place, after its thread has ended.
 */
export class LostWork {
  readonly #foundation: Foundation
  readonly #processorOf: (worker: number) => LaneProcessor
  readonly #blameOf: BlameOf

  constructor(foundation: Foundation, processorOf: (worker: number) => LaneProcessor, blameOf: BlameOf) {
    this.#foundation = foundation
    this.#processorOf = processorOf
    this.#blameOf = blameOf
  }

  recover(worker: number, cause: unknown): void {
    const { memory, plan, kernels } = this.#foundation
    const slot = placeOf.workerAgent(plan, worker)
    const gate = new AgentGate(memory, plan.at.control, slot)
    const door = new LaneDoor(memory, plan, kernels, gate, worker)
    const lane = observeCursor(memory.i32, slot + A.AGENT_LANE) >>> 0
    const count = observeCursor(memory.i32, slot + A.AGENT_COUNT)
    const blame = this.#blameOf(worker, this.#shardsOf(worker), cause)
    if (lane !== 0) this.#recoverSlice(door, worker, { lane, count }, cause, blame)
    this.#releaseShards(door, worker)
    gate.enterUserCode(0, 0)
    gate.leave()
  }

  /** A reading over which one pipeline's functions came to grief is given up for that pipeline; the others go on with it. */
  #recoverSlice(
    door: LaneDoor,
    worker: number,
    { lane, count }: { readonly lane: number; readonly count: number },
    cause: unknown,
    blame: Blame | undefined,
  ): void {
    if (blame !== undefined && blame.pipeline === undefined) return
    if (count > 1) return door.suspect(lane, count)
    const isEvent = door.trackOf(lane) === L.TRACK_EVENTS
    const processor = this.#processorOf(worker)
    processor.deadLetter(lane, door.entryAddress(lane), isEvent, cause, blame?.pipeline)
    if (blame === undefined) return door.skip(lane)
    const { memory, plan } = this.#foundation
    const consumed = memory.u32[(lane + L.LANE_CONSUMED) >>> 2]
    blame.skip((lane - plan.at.lanes) >>> L.LANE_SHIFT, consumed + 1)
  }

  /** Whatever the worker noted, the claim words say what it held. */
  #shardsOf(worker: number): number[] {
    const { memory, plan } = this.#foundation
    const shards = Array.from({ length: 1 << L.LANES_PER_TRACK_SHIFT }, (_, shard) => shard)
    return shards.filter(
      (shard) => observeCursor(memory.i32, plan.at.claims + shard * L.CLAIM_STRIDE) === worker + 1,
    )
  }

  #releaseShards(door: LaneDoor, worker: number): void {
    const { memory, plan } = this.#foundation
    const track = memory.u32[(placeOf.workerAgent(plan, worker) + A.AGENT_TRACK) >>> 2]
    for (const shard of this.#shardsOf(worker)) door.release(track, shard)
  }
}
