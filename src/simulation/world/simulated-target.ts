/** What the loop scales: the units of a pool, through an API that has faults of its own. */
import type { Clock } from '../../core/clock.ts'
import type { ScalingTarget, TargetState } from '../../core/scaling.ts'
import type { Faults } from './faults.ts'
import type { PoolWorld } from './pool-world.ts'

/** What a request takes when all is well: of a cloud, and within the process. */
const ANSWER_MS = { node: 200, worker: 0 }

export class SimulatedTarget implements ScalingTarget {
  readonly name: string
  readonly unit: 'worker' | 'node'
  readonly #pool: PoolWorld
  readonly #faults: Faults
  readonly #clock: Clock

  constructor(pool: PoolWorld, faults: Faults, clock: Clock) {
    this.name = pool.options.name
    this.unit = pool.options.unit
    this.#pool = pool
    this.#faults = faults
    this.#clock = clock
  }

  scaleTo(units: number): Promise<void> {
    return this.#answer(() => this.#pool.capacity.ask(units))
  }

  observe(): Promise<TargetState> {
    return this.#answer(() => {
      const { desired, ready } = this.#pool.capacity
      return { desired, ready }
    })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #answer<Answer>(read: () => Answer): Promise<Answer> {
    const state = this.#faults.apiAt(this.name, this.#clock.nowMs())
    const ms = ANSWER_MS[this.unit] + (state === 'down' ? 0 : state)
    return new Promise((resolve, reject) => {
      const answer = (): void => {
        if (state === 'down') reject(new Error('503 Service Unavailable'))
        else resolve(read())
      }
      if (ms > 0) this.#clock.after(ms, answer)
      else answer()
    })
  }
}
