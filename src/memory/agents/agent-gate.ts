import { addToWord, observeCursor, publishCursor, waitForChange } from '../atomics.ts'
import * as A from '../layout/control.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

/** A census never takes long; a stale request (its taker died) is ignored after this. */
const CENSUS_WAIT_MS = 50

/**
 * An agent's own slot: tells others whether it may change what the account counts, and makes it stand still while a
 * census is taken. Every way into work goes through `enter`; work goes through it again at least every millisecond.
 */
export class AgentGate {
  readonly #i32: Int32Array
  readonly #control: number
  readonly #slot: number

  constructor(memory: SharedMemory, control: number, slot: number) {
    this.#i32 = memory.i32
    this.#control = control
    this.#slot = slot
  }

  get isStopRequested(): boolean {
    return observeCursor(this.#i32, this.#slot + A.AGENT_STOP) !== 0
  }

  /** Kept for critical and premium work. */
  get isReserved(): boolean {
    return observeCursor(this.#i32, this.#slot + A.AGENT_RESERVED) !== 0
  }

  /** Before work. Announces it first and looks for a census second, as the census does the other way round. */
  enter(): void {
    publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_RUNNING)
    while (observeCursor(this.#i32, this.#control + A.CONTROL_CENSUS) !== 0) {
      this.park()
      waitForChange(this.#i32, this.#control + A.CONTROL_CENSUS, 1, CENSUS_WAIT_MS)
      publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_RUNNING)
    }
  }

  /** Before waiting, or at the end. */
  park(): void {
    publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_PARKED)
  }

  /** Says which slice user code is about to see, so that it can be retried if it doesn't come back. */
  enterUserCode(lane: number, count: number): void {
    this.#i32[(this.#slot + A.AGENT_COUNT) >>> 2] = count
    publishCursor(this.#i32, this.#slot + A.AGENT_LANE, lane)
    publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_IN_USER_CODE)
  }

  leaveUserCode(): void {
    this.enter()
    publishCursor(this.#i32, this.#slot + A.AGENT_LANE, 0)
  }

  noteClaim(track: number, shard: number): void {
    this.#i32[(this.#slot + A.AGENT_TRACK) >>> 2] = track
    publishCursor(this.#i32, this.#slot + A.AGENT_SHARD, shard + 1)
  }

  noteRelease(): void {
    publishCursor(this.#i32, this.#slot + A.AGENT_SHARD, 0)
  }

  beat(): void {
    addToWord(this.#i32, this.#slot + A.AGENT_HEARTBEAT, 1)
  }

  introduce(threadId: number): void {
    publishCursor(this.#i32, this.#slot + A.AGENT_THREAD_ID, threadId)
  }

  leave(): void {
    publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_OFF)
  }
}
