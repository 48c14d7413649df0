import type { Clock } from '../core/clock.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'
import type { ClientFrames } from './client-frames.ts'
import type { Connection } from './connection.ts'
import type { IntakeAccount } from './intake-account.ts'

/** Below this share of its limit a ring that was full is worth waiting for again. */
const DRAINED = 3 / 4
/** What waits in the ring makes everybody wait, the important no less than the rest: so it is kept this short. */
const TARGET_MS = 5
const MIN_FILL_BYTES = 262_144
/** Weight of the latest measurement of how fast the router empties the ring. */
const SMOOTHING = 0.2
const STEP_MS = 1
/** Under load answers are given between frames, at least every so many. */
const SETTLE_EVERY = 32

export interface RingRoomParts {
  readonly producer: FrameProducer
  readonly account: IntakeAccount
  readonly clock: Clock
  readonly waitMs: number
  readonly pause: (ms: number) => void
  readonly settle: () => void
  /** What is known of frames sent before; not given where nothing outlives the process. */
  readonly clients?: ClientFrames | undefined
}

/** What became of a frame at the door of the ring. */
export type Entry = 'committed' | 'sequence'

/**
 * Room in the ring, waited for within bounds: while the listener waits, TCP slows its senders. Once a frame was
 * refused, the next ones are refused at once until the ring has drained, or every frame would wait in vain. Each wait
 * measures how fast the router is, and the ring is filled no further than it empties in a few milliseconds.
 */
export class RingRoom {
  readonly #parts: RingRoomParts
  readonly #producer: FrameProducer
  readonly #account: IntakeAccount
  #isFull = false
  #bytesPerMs = 0
  /** Numbered frames committed since answers were given last. */
  #unanswered = 0

  constructor(parts: RingRoomParts) {
    this.#parts = parts
    this.#producer = parts.producer
    this.#account = parts.account
  }

  /** The address for a message, or 0 when it is to be refused. */
  claim(connection: Connection, messageBytes: number, maxReadings: number, nowMs: number): number {
    const { clients } = this.#parts
    if (clients !== undefined && !clients.announce(connection, nowMs)) return 0
    const address = this.#producer.claim(messageBytes, maxReadings)
    if (address === 0) return this.#await(messageBytes, maxReadings)
    if (this.#isFull) this.#isFull = !this.#hasDrained()
    return address
  }

  /** Hands the message claimed last to the router; of one that was taken before only the number. */
  commit(
    connection: Connection,
    source: number,
    readingOffset: number,
    readingCount: number,
    seq: number,
    nowMs: number,
  ): Entry {
    const novelty = this.#parts.clients?.take(connection, seq, readingCount) ?? 'new'
    if (novelty === 'forgotten') return 'sequence'
    if (novelty === 'repeated') {
      this.#producer.claim(0, 0)
      readingCount = 0
      readingOffset = 0
    }
    this.#account.committed(readingCount)
    this.#producer.commit(readingOffset, readingCount, source, seq, nowMs)
    if (seq !== 0) this.#noteUnanswered(connection)
    return 'committed'
  }

  #noteUnanswered(connection: Connection): void {
    connection.outstanding++
    if (++this.#unanswered < SETTLE_EVERY) return
    this.#unanswered = 0
    this.#parts.settle()
  }

  #await(messageBytes: number, maxReadings: number): number {
    const { clock, waitMs, pause, settle } = this.#parts
    if (this.#isFull && !this.#hasDrained()) return 0
    this.#isFull = false
    const startMs = clock.nowMs()
    const heldBytes = this.#producer.heldBytes
    const untilMs = startMs + waitMs
    for (;;) {
      // routed frames keep their room until they are answered
      settle()
      const address = this.#producer.claim(messageBytes, maxReadings)
      if (address !== 0) {
        const wasFull = heldBytes > this.#producer.fillLimitBytes / 2 // else it is answers that take their time
        if (wasFull) this.#learn(heldBytes - this.#producer.heldBytes, clock.nowMs() - startMs)
        return address
      }
      const leftMs = untilMs - clock.nowMs()
      if (leftMs <= 0) break
      pause(Math.min(STEP_MS, leftMs))
    }
    this.#isFull = true
    return 0
  }

  /** Sets how far the ring may be filled by how much of it was emptied in how long. */
  #learn(bytes: number, ms: number): void {
    if (bytes <= 0 || ms <= 0) return
    const rate = bytes / ms
    this.#bytesPerMs =
      this.#bytesPerMs === 0 ? rate : this.#bytesPerMs + SMOOTHING * (rate - this.#bytesPerMs)
    const limit = Math.max(MIN_FILL_BYTES, this.#bytesPerMs * TARGET_MS)
    this.#producer.fillLimitBytes = Math.min(this.#producer.capacityBytes, limit)
  }

  #hasDrained(): boolean {
    return this.#producer.heldBytes <= this.#producer.fillLimitBytes * DRAINED
  }
}
