import { observeCursor, publishCursor, waitForChange, wakeWaiters } from '../atomics.ts'
import * as A from '../layout/control.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

/**
 * An agent between two looks at the gate is back within a slice; one that a busy machine doesn't run may take a thousand
 * times as long, and counting without it would be wrong. One that has died is off as soon as its end is heard of.
 */
const PATIENCE_MS = 2000
const WAIT_MS = 0.2

/**
 * Makes the agents stand still for a moment, so that what is counted in different places is counted at one instant.
 * An agent in user code counts as still: it asks the gate before it changes anything.
 */
export class Census {
  readonly #i32: Int32Array
  readonly #control: number
  readonly #slots: readonly number[]

  constructor(memory: SharedMemory, control: number, slots: readonly number[]) {
    this.#i32 = memory.i32
    this.#control = control
    this.#slots = slots
  }

  /** `isExact`: all of them stand still while it counts. */
  take<T>(count: (isExact: boolean) => T): T {
    publishCursor(this.#i32, this.#control + A.CONTROL_CENSUS, 1)
    try {
      // every one is waited for, also behind one that doesn't come
      const isStill = this.#slots.map((slot) => this.#awaitStandstill(slot))
      return count(isStill.every(Boolean))
    } finally {
      publishCursor(this.#i32, this.#control + A.CONTROL_CENSUS, 0)
      wakeWaiters(this.#i32, this.#control + A.CONTROL_CENSUS)
    }
  }

  #awaitStandstill(slot: number): boolean {
    const state = slot + A.AGENT_STATE
    for (let waits = 0; waits * WAIT_MS < PATIENCE_MS; waits++) {
      if (observeCursor(this.#i32, state) !== A.AGENT_RUNNING) return true
      waitForChange(this.#i32, state, A.AGENT_RUNNING, WAIT_MS)
    }
    return false
  }
}
