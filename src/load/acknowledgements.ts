const FIRST_CAPACITY = 64

/**
 * The frames of one connection that are not settled yet, by sequence number, with the time each was meant to be sent.
 * Acceptance is cumulative, refusal names one frame, and the two may overtake each other: a refused frame inside the run
 * is marked, and the run's start moves over it later.
 */
export class Acknowledgements {
  readonly #onAccepted: (latencyMs: number) => void
  /** Intended times, as a ring indexed by sequence number; NaN = settled. */
  #intended = new Float64Array(FIRST_CAPACITY)
  #oldest = 1
  #next = 1
  /** Settled frames between the oldest and the next. */
  #settledInside = 0

  constructor(onAccepted: (latencyMs: number) => void) {
    this.#onAccepted = onAccepted
  }

  /** Frames sent and not settled. */
  get outstanding(): number {
    return this.#next - this.#oldest - this.#settledInside
  }

  /** The sequence number of the frame that is sent next. */
  get nextSeq(): number {
    return this.#next
  }

  /** Notes that frame `nextSeq` is sent. */
  sent(intendedMs: number): void {
    if (this.#next - this.#oldest === this.#intended.length) this.#grow()
    this.#intended[this.#next & (this.#intended.length - 1)] = intendedMs
    this.#next++
  }

  /** Settles all frames up to and including `seq`. */
  acceptUpTo(seq: number, nowMs: number): void {
    const mask = this.#intended.length - 1
    const end = Math.min(seq, this.#next - 1)
    for (; this.#oldest <= end; this.#oldest++) {
      const intended = this.#intended[this.#oldest & mask]
      if (Number.isNaN(intended)) this.#settledInside--
      else this.#onAccepted(nowMs - intended)
    }
  }

  /** Settles one frame; false if it is not waiting. */
  settle(seq: number): boolean {
    if (seq < this.#oldest || seq >= this.#next) return false
    const mask = this.#intended.length - 1
    if (Number.isNaN(this.#intended[seq & mask])) return false
    this.#intended[seq & mask] = NaN
    this.#settledInside++
    for (; this.#oldest < this.#next && Number.isNaN(this.#intended[this.#oldest & mask]); this.#oldest++) {
      this.#settledInside--
    }
    return true
  }

  #grow(): void {
    const larger = new Float64Array(this.#intended.length * 2)
    for (let seq = this.#oldest; seq < this.#next; seq++) {
      larger[seq & (larger.length - 1)] = this.#intended[seq & (this.#intended.length - 1)]
    }
    this.#intended = larger
  }
}
