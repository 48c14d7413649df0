/**
 * What one worker does per second of work. Measured while there is enough to do; with little to do a worker takes small
 * slices and seems slower than it is, so such seconds can only raise it.
 */
const BUSY = 0.5
/** Weight of a second when there is enough to do. */
const SMOOTHING = 0.2
/** Less work than this is no measurement. */
const LEAST_MS = 5

export class ServiceRate {
  #perSecond: number

  /** `perSecond`: what is assumed until it is measured; 0 = nothing. */
  constructor(perSecond = 0) {
    this.#perSecond = perSecond
  }

  /** Readings per second; 0 = not known yet. */
  get perSecond(): number {
    return this.#perSecond
  }

  /** `utilisation`: share of the time in which workers were at work. */
  measure(processed: number, busyMs: number, utilisation: number): void {
    if (busyMs < LEAST_MS || processed === 0) return
    const rate = (1000 * processed) / busyMs
    if (this.#perSecond === 0) this.#perSecond = rate
    else if (utilisation >= BUSY || rate > this.#perSecond)
      this.#perSecond += SMOOTHING * (rate - this.#perSecond)
  }
}
