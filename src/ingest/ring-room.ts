import type { Clock } from '../core/clock.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'

/** Below this share of its capacity a ring that was full is worth waiting for again. */
const DRAINED = 3 / 4
const STEP_MS = 1

/**
 * Room in the ring, waited for within bounds: while the listener waits, TCP slows its senders. Once a frame was
 * refused, the next ones are refused at once until the ring has drained, or every frame would wait in vain.
 */
export class RingRoom {
  readonly #producer: FrameProducer
  readonly #clock: Clock
  readonly #waitMs: number
  readonly #pause: (ms: number) => void
  readonly #settle: () => void
  #isFull = false

  constructor(
    producer: FrameProducer,
    clock: Clock,
    waitMs: number,
    pause: (ms: number) => void,
    settle: () => void,
  ) {
    this.#producer = producer
    this.#clock = clock
    this.#waitMs = waitMs
    this.#pause = pause
    this.#settle = settle
  }

  /** The address for a message, or 0 when it is to be refused. */
  claim(messageBytes: number, maxReadings: number): number {
    const address = this.#producer.claim(messageBytes, maxReadings)
    if (address === 0) return this.#await(messageBytes, maxReadings)
    if (this.#isFull) this.#isFull = !this.#hasDrained()
    return address
  }

  #await(messageBytes: number, maxReadings: number): number {
    if (this.#isFull && !this.#hasDrained()) return 0
    this.#isFull = false
    const untilMs = this.#clock.nowMs() + this.#waitMs
    for (;;) {
      // routed frames keep their room until they are answered
      this.#settle()
      const address = this.#producer.claim(messageBytes, maxReadings)
      if (address !== 0) return address
      const leftMs = untilMs - this.#clock.nowMs()
      if (leftMs <= 0) break
      this.#pause(Math.min(STEP_MS, leftMs))
    }
    this.#isFull = true
    return 0
  }

  #hasDrained(): boolean {
    return this.#producer.heldBytes <= this.#producer.capacityBytes * DRAINED
  }
}
