/** The pool of worker threads as something that scales: its threads are kept ready, so a change takes milliseconds. */
import type { ScalingTarget, TargetState } from '../../core/scaling.ts'

interface ResizedPool {
  readonly size: number
  /** Workers that are at their lanes. */
  readonly running: number
  resize(size: number): Promise<void>
}

export class PoolTarget implements ScalingTarget {
  readonly name = 'pool'
  readonly unit = 'worker'
  readonly #pool: ResizedPool
  #failure: Error | undefined

  constructor(pool: ResizedPool) {
    this.#pool = pool
  }

  /** What keeps a worker from its lanes is told by the next `observe`: leaving them can take user code its time. */
  scaleTo(units: number): Promise<void> {
    this.#failure = undefined
    this.#pool.resize(units).catch((error: Error) => (this.#failure = error))
    return Promise.resolve()
  }

  observe(): Promise<TargetState> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    return Promise.resolve({ desired: this.#pool.size, ready: this.#pool.running })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
