import {
  MALFORMED_CAUSES,
  REFUSAL_REASONS,
  type MalformedCause,
  type RefusalReason,
} from '../core/refusal.ts'
import { nameOf, type Connection } from './connection.ts'
import type { ReadingFault } from './decode/json-reading.ts'
import type { IntakeAccount } from './intake-account.ts'
import { QUARANTINED_BYTES, type QuarantineEntry } from './quarantine-entry.ts'
import { explainFaults, listFaults } from './replies/fault-report.ts'
import type { Replies } from './replies/replies.ts'
import { Status } from './replies/reply.ts'

/** So many frames that are not understood, and the connection is closed. */
const MAX_MALFORMED_FRAMES = 16
const CLOSE_INVALID = 1007

export interface RejectionParts {
  readonly account: IntakeAccount
  readonly replies: Replies
  readonly quarantine: (entry: QuarantineEntry) => void
  readonly retryAfterMs: (reason: RefusalReason) => number
  readonly end: (connection: Connection, code: number, reason: string) => void
}

/** What is not taken: counted, answered at once and, where it was not understood, kept for people to look at. */
export class Rejections {
  readonly #parts: RejectionParts

  constructor(parts: RejectionParts) {
    this.#parts = parts
  }

  refuse(
    connection: Connection,
    asText: boolean,
    seq: number,
    readings: number,
    reason: RefusalReason,
    retryAfterMs = this.#parts.retryAfterMs(reason),
  ): void {
    this.#parts.account.refused(reason, readings)
    this.#parts.replies.send(connection, asText, Status.refused, seq, reason, retryAfterMs, null)
  }

  malformed(
    connection: Connection,
    asText: boolean,
    seq: number,
    cause: MalformedCause,
    problem: string,
    bytes: Uint8Array,
  ): void {
    this.#parts.account.malformed(cause)
    this.#keep(connection, cause, problem, bytes)
    this.#answerMalformed(connection, asText, seq, `${cause}: ${problem}`)
  }

  /** Counts the faulty readings of a message and keeps it when some of them are malformed. */
  countFaults(connection: Connection, faults: readonly ReadingFault[], bytes: Uint8Array): void {
    this.#parts.account.faults(faults)
    const malformed = faults.find((fault) => fault.malformed)
    if (malformed === undefined) return
    this.#keep(connection, MALFORMED_CAUSES[malformed.code], malformed.message, bytes)
  }

  /** Answers a message of which no reading was taken. */
  answerAllFaulty(connection: Connection, seq: number, faults: readonly ReadingFault[]): void {
    if (faults.some((fault) => !fault.malformed)) return this.answerFaults(connection, seq, faults)
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    this.#answerMalformed(connection, true, seq, faults[0].message + more)
  }

  /** Lists faulty readings without waiting for what becomes of the others. */
  answerFaults(connection: Connection, seq: number, faults: readonly ReadingFault[]): void {
    const refused = faults.find((fault) => !fault.malformed)
    const status = refused ? Status.refused : Status.accepted
    const retryAfterMs = refused ? this.#parts.retryAfterMs(REFUSAL_REASONS[refused.code]) : 0
    const indexes = listFaults(faults, [])
    this.#parts.replies.send(connection, true, status, seq, explainFaults(faults), retryAfterMs, indexes)
  }

  #answerMalformed(connection: Connection, asText: boolean, seq: number, reason: string): void {
    this.#parts.replies.send(connection, asText, Status.malformed, seq, reason, 0, null)
    if (++connection.malformedFrames < MAX_MALFORMED_FRAMES) return
    this.#parts.end(connection, CLOSE_INVALID, `${MAX_MALFORMED_FRAMES} malformed frames`)
  }

  #keep(connection: Connection, cause: MalformedCause, detail: string, bytes: Uint8Array): void {
    const head = bytes.slice(0, QUARANTINED_BYTES)
    this.#parts.quarantine({
      cause,
      detail,
      source: nameOf(connection.sender),
      bytes: head,
      size: bytes.length,
    })
  }
}
