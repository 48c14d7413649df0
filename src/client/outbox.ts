import type { Frame } from './frame.ts'
import { FrameQueue } from './frame-queue.ts'

/**
 * Which frame goes next. Acceptance is cumulative, so on a connection numbers must rise from each frame to the next
 * one that is unanswered at the same time: a frame that comes back (refused, or made of refused readings) waits until
 * nothing with a higher number is under way. And a server recognises repeats among the last 256 numbers only: so what is
 * sent is never further ahead than that of the oldest frame that is not settled.
 */
export const SEQ_SPAN = 255

export class Outbox {
  /** When the first frame held back by its time may go; Infinity = none is. Set by `next`. */
  nextDueMs = Infinity
  readonly #waiting = new FrameQueue()
  readonly #flight = new FrameQueue()
  readonly #held = new FrameQueue()

  get inFlight(): number {
    return this.#flight.length
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get lastInFlight(): Frame | undefined {
    return this.#flight.last
  }

  /** Number of the oldest unsettled frame; Infinity = there is none. */
  get oldestSeq(): number {
    const seqOf = ({ first }: FrameQueue) => first?.seq ?? Infinity
    return Math.min(seqOf(this.#waiting), seqOf(this.#flight), seqOf(this.#held))
  }

  add(frame: Frame): void {
    this.#waiting.insert(frame)
  }

  /** Takes the frame that may be sent now, or null. */
  next(nowMs: number): Frame | null {
    this.nextDueMs = Infinity
    const lastSeq = this.#flight.last?.seq ?? 0
    const endSeq = this.oldestSeq + SEQ_SPAN
    for (let i = 0; i < this.#waiting.length; i++) {
      const frame = this.#waiting.at(i)
      if (frame.seq > endSeq) return null
      if (frame.notBeforeMs > nowMs) this.nextDueMs = Math.min(this.nextDueMs, frame.notBeforeMs)
      else if (frame.seq < lastSeq) return null
      else {
        this.#waiting.removeAt(i)
        this.#flight.insert(frame)
        return frame
      }
    }
    return null
  }

  /** Takes out the oldest frame under way if its number is not above `seq`. */
  takeUpTo(seq: number): Frame | null {
    return this.#flight.length > 0 && this.#flight.at(0).seq <= seq ? this.#flight.removeAt(0) : null
  }

  /** Takes out one frame that is under way; null if it isn't. */
  take(seq: number): Frame | null {
    const index = this.#flight.indexOf(seq)
    return index < 0 ? null : this.#flight.removeAt(index)
  }

  /** Keeps a frame out of sending, but unsettled, until it is released. */
  hold(frame: Frame): void {
    this.#held.insert(frame)
  }

  release({ seq }: Frame): void {
    this.#held.removeAt(this.#held.indexOf(seq))
  }

  /** The connection is gone: everything under way is to be sent again. */
  recall(): void {
    for (const frame of this.#flight.drain()) {
      frame.isUncertain = true
      this.#waiting.insert(frame)
    }
  }

  /** Takes out the waiting frames for which `isDue`. */
  takeWaiting(isDue: (frame: Frame) => boolean): Frame[] {
    const all = this.#waiting.drain()
    for (const frame of all) if (!isDue(frame)) this.#waiting.insert(frame)
    return all.filter(isDue)
  }
}
