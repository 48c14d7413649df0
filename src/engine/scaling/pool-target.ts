/**
 * The pool of worker threads as something that scales: some of its threads are kept ready, so a change takes milliseconds.
 * Workers that are set apart for an operation count as there, and leave their lanes: what they could do is left to it.
 */
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
  /** How many are to be set apart, and how many are. */
  #wanted = 0
  #apart = 0

  constructor(pool: ResizedPool) {
    this.#pool = pool
  }

  get setApart(): number {
    return this.#apart
  }

  /** What keeps a worker from its lanes is told by the next `observe`: leaving them can take user code its time. */
  scaleTo(units: number): Promise<void> {
    this.#failure = undefined
    // one always works
    this.#apart = Math.min(this.#wanted, units - 1)
    this.#pool.resize(units - this.#apart).catch((error: Error) => (this.#failure = error))
    return Promise.resolve()
  }

  /** So many of the units are left to something else from now on. */
  leave(units: number): void {
    if (units === this.#wanted) return
    const all = this.#pool.size + this.#apart
    this.#wanted = units
    void this.scaleTo(all)
  }

  observe(): Promise<TargetState> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    const { size, running } = this.#pool
    return Promise.resolve({ desired: size + this.#apart, ready: running + this.#apart })
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
