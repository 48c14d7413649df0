import { MALFORMED_CAUSES, REFUSAL_REASONS } from '../../core/refusal.ts'
import { OUTCOME_MALFORMED } from '../../memory/layout/ring.layout.ts'
import type { FrameProducer, SettledFrame } from '../../memory/rings/ingest-ring.ts'
import { SOURCE_COMPACTED, SOURCE_TEXT, type Connection, type ConnectionTable } from '../connection.ts'
import type { ClientFrames } from '../client-frames.ts'
import type { ReadingFault } from '../decode/json-reading.ts'
import { explainFaults, listFaults } from './fault-report.ts'
import type { Replies } from './replies.ts'
import { Status } from './reply.ts'

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
    const source = frame.source
    const seq = frame.seq
    const compacted = (source & SOURCE_COMPACTED) !== 0
    const faults = compacted && seq !== 0 ? this.#faults.shift()! : null
    const isLost = seq !== 0 && this.#isLost(frame, source, seq)
    const connection = this.#connections.find(source)
    if (connection === null) return
    if (seq !== 0) connection.outstanding--
    const asText = (source & SOURCE_TEXT) !== 0
    if (isLost && frame.readingCount === 0)
      this.#replies.send(connection, asText, Status.refused, seq, 'overload', this.#retryAfterMs, null)
    else if (faults !== null || frame.refusedCount > 0)
      this.#explain(connection, asText, frame, faults, compacted)
    else this.#accept(connection, asText, seq)
  }

  /** Whether nothing was kept of a numbered frame, which may then come again. */
  #isLost({ readingCount, refusedCount, reason }: SettledFrame, source: number, seq: number): boolean {
    const isLost = readingCount > 0 && refusedCount === readingCount && reason < OUTCOME_MALFORMED
    return this.#clients?.settle(source, seq, readingCount === 0, isLost) ?? isLost
  }

  #accept(connection: Connection, asText: boolean, seq: number): void {
    if (connection.acceptedSeq < 0) this.#accepted.push(connection)
    connection.acceptedSeq = Math.max(connection.acceptedSeq, seq)
    connection.acceptedAsText = asText
  }

  #explain(
    connection: Connection,
    asText: boolean,
    frame: SettledFrame,
    faults: readonly ReadingFault[] | null,
    compacted: boolean,
  ): void {
    const { reason, readingCount, refusedCount, seq } = frame
    const refusedByRouter = refusedCount > 0 && reason < OUTCOME_MALFORMED
    const refused = refusedByRouter || (faults !== null && faults.some((fault) => !fault.malformed))
    const status = refused ? Status.refused : Status.accepted
    const retryAfterMs = refused ? this.#retryAfterMs : 0
    const nothingTaken = refusedByRouter && refusedCount === readingCount
    // of a frame without a seq the faults are not kept, so where its readings were is not known any more
    const isKnown = !nothingTaken && (!compacted || faults !== null)
    const indexes = isKnown ? listFaults(faults, frame.refusedIndexes()) : null
    const why = refusedByRouter || faults === null ? nameOf(reason) : explainFaults(faults)
    this.#replies.send(connection, asText, status, seq, why, retryAfterMs, indexes)
  }
}

const nameOf = (reason: number): string =>
  reason >= OUTCOME_MALFORMED
    ? `malformed: ${MALFORMED_CAUSES[reason - OUTCOME_MALFORMED]}`
    : REFUSAL_REASONS[reason]
