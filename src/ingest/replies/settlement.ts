import { MALFORMED_CAUSES, REFUSAL_REASONS } from '../../core/refusal.ts'
import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import type { FrameProducer, SettledFrame } from '../../memory/rings/ingest-ring.ts'
import { SOURCE_COMPACTED, SOURCE_TEXT, type Connection, type ConnectionTable } from '../connection.ts'
import type { ClientFrames } from '../client-frames.ts'
import type { ReadingFault } from '../decode/json-reading.ts'
import { explainFaults, listFaults } from './fault-report.ts'
import { type FrameRefusal, refusalOf } from './frame-refusal.ts'
import type { Replies } from './replies.ts'
import { Status } from './reply.ts'

/** The answer to a repeated frame of which nothing was kept after all, or of which that is not known here yet. */
const COME_AGAIN: FrameRefusal = {
  reason: REFUSAL_REASONS.indexOf('overload'),
  indexes: null,
  isWhole: true,
}

/**
 * Turns routed frames into answers. Frames come oldest first; `accepted` is cumulative and sent once per connection
 * and call, everything else at once, so an `accepted` never covers a frame whose refusal is still to be sent.
 */
export class Settlement {
  readonly #producer: FrameProducer
  readonly #connections: ConnectionTable
  readonly #replies: Replies
  readonly #retryAfterMs: number
  readonly #clients: ClientFrames | undefined
  /** Faults of numbered frames of which only a part was committed, in ring order. */
  readonly #faults: (readonly ReadingFault[])[] = []
  readonly #accepted: Connection[] = []

  constructor(
    producer: FrameProducer,
    connections: ConnectionTable,
    replies: Replies,
    retryAfterMs: number,
    clients?: ClientFrames,
  ) {
    this.#clients = clients
    this.#producer = producer
    this.#connections = connections
    this.#replies = replies
    this.#retryAfterMs = retryAfterMs
  }

  /** Remembers what was wrong with the numbered frame committed next, until it is settled. */
  expectFaults(faults: readonly ReadingFault[]): void {
    this.#faults.push(faults)
  }

  /** The frame whose faults were announced last is not committed after all. */
  expectNoFaults(): void {
    this.#faults.pop()
  }

  /** Answers every frame routed since the last call. */
  settle(): void {
    this.#producer.settle(this.#visit)
    while (this.#accepted.length > 0) this.#acknowledge(this.#accepted.pop()!)
  }

  #acknowledge(connection: Connection): void {
    const seq = connection.acceptedSeq
    if (seq < 0) return
    connection.acceptedSeq = -1
    this.#replies.accepted(connection, connection.acceptedAsText, seq)
  }

  readonly #visit = (frame: SettledFrame): void => {
    const { source, seq } = frame
    const compacted = (source & SOURCE_COMPACTED) !== 0
    const faults = compacted && seq !== 0 ? this.#faults.shift()! : null
    const refusal = this.#noteRefusal(frame, refusalOf(frame, faults))
    const connection = this.#connections.find(source)
    if (connection === null) return
    if (seq !== 0) connection.outstanding--
    const asText = (source & SOURCE_TEXT) !== 0
    if (refusal !== null) this.#refuse(connection, asText, seq, refusal)
    else if (faults !== null || frame.refusedCount > 0) this.#explain(connection, asText, frame, faults)
    else this.#accept(connection, asText, seq)
  }

  /** Keeps in mind what was refused of a named client's frame; of one that is repeated, returns what was then. */
  #noteRefusal(
    { source, seq, readingCount }: SettledFrame,
    refusal: FrameRefusal | null,
  ): FrameRefusal | null {
    const clients = this.#clients
    if (clients === undefined || seq === 0) return refusal
    if (readingCount > 0) {
      clients.settle(source, seq, refusal)
      return refusal
    }
    const earlier = clients.settleRepeated(source, seq)
    if (typeof earlier === 'object') return { ...earlier, indexes: [...earlier.indexes], isWhole: false }
    return earlier === 'taken' ? refusal : COME_AGAIN
  }

  #accept(connection: Connection, asText: boolean, seq: number): void {
    if (connection.acceptedSeq < 0) this.#accepted.push(connection)
    connection.acceptedSeq = Math.max(connection.acceptedSeq, seq)
    connection.acceptedAsText = asText
  }

  #refuse(connection: Connection, asText: boolean, seq: number, { reason, indexes }: FrameRefusal): void {
    const words = REFUSAL_REASONS[reason]
    this.#replies.send(connection, asText, Status.refused, seq, words, this.#retryAfterMs, indexes)
  }

  /** Of a frame with malformed readings the others are taken. */
  #explain(
    connection: Connection,
    asText: boolean,
    frame: SettledFrame,
    faults: readonly ReadingFault[] | null,
  ): void {
    const { seq, source, reason } = frame
    const isKnown = (source & SOURCE_COMPACTED) === 0 || faults !== null
    const indexes = isKnown ? listFaults(faults, frame.refusedIndexes()) : null
    const why = faults === null ? malformedBy(reason) : explainFaults(faults)
    this.#replies.send(connection, asText, Status.accepted, seq, why, 0, indexes)
  }
}

const malformedBy = (reason: number): string => `malformed: ${MALFORMED_CAUSES[reason - OUTCOME_MALFORMED]}`
