import type { LaneProcessor } from '../core/lane-processor.ts'
import { AgentGate } from '../memory/agents/agent-gate.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as A from '../memory/layout/control.layout.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { LaneDoor } from '../scheduling/lane-door.ts'
import type { Foundation } from './foundation.ts'

/**
 * What a dead worker leaves behind: a claimed shard, and the slice that user code didn't come back from. The shard is
 * given back; the slice is tried again at half its length, until a single entry is left, which is given up. Runs on the
 * main thread, in the dead worker's place, after its thread has ended.
 */
export class LostWork {
  readonly #foundation: Foundation
  readonly #processorOf: (worker: number) => LaneProcessor
  readonly #releaseMore: (worker: number) => void

  /** `releaseMore`: gives back what the worker held besides shards. */
  constructor(
    foundation: Foundation,
    processorOf: (worker: number) => LaneProcessor,
    releaseMore: (worker: number) => void,
  ) {
    this.#foundation = foundation
    this.#processorOf = processorOf
    this.#releaseMore = releaseMore
  }

  recover(worker: number, cause: unknown): void {
    const { memory, plan, kernels } = this.#foundation
    const slot = placeOf.workerAgent(plan, worker)
    const gate = new AgentGate(memory, plan.at.control, slot)
    const door = new LaneDoor(memory, plan, kernels, gate, worker)
    const lane = observeCursor(memory.i32, slot + A.AGENT_LANE) >>> 0
    const count = observeCursor(memory.i32, slot + A.AGENT_COUNT)
    if (lane !== 0) this.#recoverSlice(door, worker, lane, count, cause)
    this.#releaseShards(door, worker)
    this.#releaseMore(worker)
    gate.enterUserCode(0, 0)
    gate.leave()
  }

  #recoverSlice(door: LaneDoor, worker: number, lane: number, count: number, cause: unknown): void {
    if (count > 1) return door.suspect(lane, count)
    const isEvent = door.trackOf(lane) === L.TRACK_EVENTS
    this.#processorOf(worker).deadLetter(lane, door.entryAddress(lane), isEvent, cause)
    door.skip(lane)
  }

  /** Whatever the worker noted, the claim words say what it held. */
  #releaseShards(door: LaneDoor, worker: number): void {
    const { memory, plan } = this.#foundation
    for (let shard = 0; shard < 1 << L.LANES_PER_TRACK_SHIFT; shard++) {
      const claim = plan.at.claims + shard * L.CLAIM_STRIDE
      if (observeCursor(memory.i32, claim) !== worker + 1) continue
      const track = memory.u32[(placeOf.workerAgent(plan, worker) + A.AGENT_TRACK) >>> 2]
      door.release(track, shard)
    }
  }
}
