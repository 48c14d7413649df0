import { addToWord, observeCursor, publishCursor, waitForChange, wakeWaiters } from '../atomics.ts'
import * as A from '../layout/control.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

/** Whoever ends a census or a hold wakes those who stand still; this is for when the call is missed. */
const STILL_WAIT_MS = 50

/**
 * An agent's own slot: tells others whether it may change what the account counts, and makes it stand still while a
 * census is taken or somebody holds it. Every way into work goes through `enter`; work goes through it again at least every millisecond.
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

  /** Before work. Announces it first and looks for a census or hold second, as these do the other way round. */
  enter(): void {
    const census = this.#control + A.CONTROL_CENSUS
    const hold = this.#slot + A.AGENT_HOLD
    publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_RUNNING)
    while ((observeCursor(this.#i32, census) | observeCursor(this.#i32, hold)) !== 0) {
      this.#standStill(census)
      this.#standStill(hold)
      publishCursor(this.#i32, this.#slot + A.AGENT_STATE, A.AGENT_RUNNING)
    }
  }

  #standStill(word: number): void {
    this.park()
    wakeWaiters(this.#i32, this.#slot + A.AGENT_STATE)
    waitForChange(this.#i32, word, 1, STILL_WAIT_MS)
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
