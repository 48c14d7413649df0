import type { AgentGate } from './agent-gate.ts'

/**
 * Turns of an agent that is called back instead of looping: between its turns it stands still for the census. Turns
 * nest, because closing a socket calls its close handler at once.
 */
export class Turns {
  readonly #gate: AgentGate
  #depth = 0

  constructor(gate: AgentGate) {
    this.#gate = gate
    gate.park()
  }

  begin(): void {
    if (this.#depth++ === 0) this.#gate.enter()
  }

  end(): void {
    if (--this.#depth === 0) this.#gate.park()
  }

  /** Stands still while `wait` blocks the thread; what is counted must be complete by then. */
  rest<T>(wait: () => T): T {
    this.#gate.park()
    try {
      return wait()
    } finally {
      if (this.#depth > 0) this.#gate.enter()
    }
  }
}
