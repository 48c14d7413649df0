import { claimWord, observeCursor, publishCursor, waitForChange, wakeWaiters } from '../atomics.ts'
import * as A from '../layout/control.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

/** An agent between two looks at the gate is mostly back within this many looks at its state. */
const EAGER_LOOKS = 2000
const WAIT_MS = 1

/**
 * Makes one agent stand still between two rounds of its work, for as short as can be. A hold that could not be had is
 * said: what was to be done under it has not been done. A census may be taken at the same time; they don't disturb each
 * other.
 */
export class AgentHold {
  readonly #i32: Int32Array
  readonly #state: number
  readonly #hold: number

  constructor(memory: SharedMemory, slot: number) {
    this.#i32 = memory.i32
    this.#state = slot + A.AGENT_STATE
    this.#hold = slot + A.AGENT_HOLD
  }

  /** Does `act` while the agent stands still; false when it didn't within `patienceMs`, or somebody else holds it. */
  tryHold(patienceMs: number, act: () => void): boolean {
    if (!claimWord(this.#i32, this.#hold, 0, 1)) return false
    try {
      if (!this.#comesToRest(patienceMs)) return false
      act()
      return true
    } finally {
      this.release()
    }
  }

  /** Lets the agent go on. To be called by others only when the holder has died. */
  release(): void {
    publishCursor(this.#i32, this.#hold, 0)
    wakeWaiters(this.#i32, this.#hold)
  }

  /** It announces work first and looks for the hold second: when it is at rest now, it will see the hold. */
  #comesToRest(patienceMs: number): boolean {
    for (let looks = 0; looks < EAGER_LOOKS; looks++) if (this.#isAtRest()) return true
    for (let waits = 0; waits * WAIT_MS < patienceMs; waits++) {
      waitForChange(this.#i32, this.#state, A.AGENT_RUNNING, WAIT_MS)
      if (this.#isAtRest()) return true
    }
    return false
  }

  #isAtRest(): boolean {
    return observeCursor(this.#i32, this.#state) !== A.AGENT_RUNNING
  }
}
