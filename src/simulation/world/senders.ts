/** Senders keep what was refused and send it again later; what they have no room for is lost. By track. */
import { TRACK_COUNT } from '../words.ts'

export class Senders {
  readonly #keepMs: number
  readonly #retryMs: number
  readonly #kept = new Float64Array(TRACK_COUNT)
  /** Highest rate seen, per millisecond: senders have room for as many as they send. */
  readonly #highest = new Float64Array(TRACK_COUNT)

  constructor(keepMs: number, retryMs: number) {
    this.#keepMs = keepMs
    this.#retryMs = retryMs
  }

  get kept(): number {
    let all = 0
    for (let track = 0; track < TRACK_COUNT; track++) all += this.#kept[track]
    return all
  }

  /** What a track sends again in the next `ms`; they no longer keep it. */
  again(track: number, ms: number): number {
    if (this.#kept[track] === 0) return 0
    const isRest = this.#kept[track] < 1
    const amount = this.#kept[track] * (isRest ? 1 : Math.min(1, ms / this.#retryMs))
    this.#kept[track] -= amount
    return amount
  }

  /** Of `fresh` readings and those sent again, so many were refused; returns what is lost. */
  refused(track: number, amount: number, fresh: number, ms: number): number {
    this.#highest[track] = Math.max(this.#highest[track], fresh / ms)
    if (amount === 0) return 0
    const room = this.#highest[track] * this.#keepMs
    const kept = Math.min(room, this.#kept[track] + amount)
    const lost = this.#kept[track] + amount - kept
    this.#kept[track] = kept
    return lost
  }
}
