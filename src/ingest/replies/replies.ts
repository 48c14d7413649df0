import type { Clock } from '../../core/clock.ts'
import { SEND_DROPPED, type Connection } from '../connection.ts'
import { INTAKE_CLOSED_UNREAD, INTAKE_REPLIES, type IntakeCounters } from '../intake-counters.ts'
import { ReplyEncoder } from './reply-encoder.ts'
import { Status } from './reply.ts'

/** A frame without a seq is answered at most this often, since its sender asked for no answers. */
const UNNUMBERED_REPLY_MS = 100

/** Answers connections, each in the form its sender speaks. */
export class Replies {
  readonly #encoder = new ReplyEncoder()
  readonly #counters: IntakeCounters
  readonly #clock: Clock
  readonly #framesInFlight: number
  readonly #forget: (connection: Connection) => void

  /** `forget` is told of connections that were closed because they don't read their replies. */
  constructor(
    counters: IntakeCounters,
    clock: Clock,
    framesInFlight: number,
    forget: (connection: Connection) => void,
  ) {
    this.#counters = counters
    this.#clock = clock
    this.#framesInFlight = framesInFlight
    this.#forget = forget
  }

  accepted(connection: Connection, asText: boolean, seq: number): void {
    this.send(connection, asText, Status.accepted, seq, '', 0, null)
  }

  send(
    connection: Connection,
    asText: boolean,
    status: Status,
    seq: number,
    reason: string,
    retryAfterMs: number,
    refused: readonly number[] | null,
  ): void {
    const { socket } = connection
    if (socket === null || (seq === 0 && status !== Status.malformed && !this.#isDue(connection))) return
    const credit = Math.max(0, this.#framesInFlight - connection.outstanding)
    const reply = { seq, status, reason, retryAfterMs: Math.ceil(retryAfterMs), refused, credit }
    this.#counters[INTAKE_REPLIES]++
    const message = asText ? this.#encoder.text(reply) : this.#encoder.binary(reply)
    if (socket.send(message, !asText) !== SEND_DROPPED) return
    this.#counters[INTAKE_CLOSED_UNREAD]++
    socket.close()
    this.#forget(connection)
  }

  #isDue(connection: Connection): boolean {
    const nowMs = this.#clock.nowMs()
    if (nowMs - connection.unnumberedReplyMs < UNNUMBERED_REPLY_MS) return false
    connection.unnumberedReplyMs = nowMs
    return true
  }
}
