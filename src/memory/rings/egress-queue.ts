import type { Clock } from '../../core/clock.ts'
import type { EgressReader } from './egress-ring.ts'

/** A worker takes a ticket and shows its message at once; one that doesn't for so long has died in between. */
const GAP_PATIENCE_MS = 100

export interface DrainOptions {
  readonly passGaps?: boolean
  readonly mayGoOn?: () => boolean
}

const ALWAYS = (): boolean => true

/**
 * The egress rings of all workers as one queue, in the order of tickets. A shard goes from worker to worker, so without
 * this an alert could be cleared before it is raised.
 */
export class EgressQueue {
  readonly #readers: readonly EgressReader[]
  readonly #clock: Clock
  #next = 0
  #ticket = 0
  #gapSinceMs = Infinity

  constructor(readers: readonly EgressReader[], clock: Clock) {
    this.#readers = readers
    this.#clock = clock
  }

  /** Of the message being shown. */
  get ticket(): number {
    return this.#ticket
  }

  /** All messages with lower tickets have been shown. */
  get nextTicket(): number {
    return this.#next
  }

  /**
   * Shows what is there, up to a ticket that is still to come; with `passGaps` beyond it too. `mayGoOn` is asked before
   * each message; false when it ended before the rest was shown.
   */
  drain(
    visit: (kind: number, address: number, bytes: number) => void,
    { passGaps = false, mayGoOn = ALWAYS }: DrainOptions = {},
  ): boolean {
    try {
      for (let first = this.#first(); first !== undefined; first = this.#first()) {
        if (first.ahead > 0 && !passGaps && !this.#isGapOld()) return true
        if (!mayGoOn()) return false
        this.#gapSinceMs = Infinity
        this.#ticket = (this.#next + first.ahead) | 0
        if (first.ahead >= 0) this.#next = (this.#next + first.ahead + 1) | 0
        first.reader.take(visit)
      }
      return true
    } finally {
      for (const reader of this.#readers) reader.wakeWriter()
    }
  }

  /** The reader with the lowest ticket, and how far that is ahead of the one to come. */
  #first(): { reader: EgressReader; ahead: number } | undefined {
    let first: { reader: EgressReader; ahead: number } | undefined
    for (const reader of this.#readers) {
      const ticket = reader.nextTicket()
      if (ticket === undefined) continue
      const ahead = (ticket - this.#next) | 0
      if (first === undefined || ahead < first.ahead) first = { reader, ahead }
    }
    return first
  }

  #isGapOld(): boolean {
    const nowMs = this.#clock.nowMs()
    this.#gapSinceMs = Math.min(this.#gapSinceMs, nowMs)
    return nowMs - this.#gapSinceMs >= GAP_PATIENCE_MS
  }
}
