import type { Clock } from '../core/clock.ts'
import { assert } from '../core/errors.ts'
import { RING_FRAMES } from '../core/limits.ts'
import type { RefusalReason } from '../core/refusal.ts'
import type { NameResolver } from '../core/names.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import { BinaryDoor } from './binary-door.ts'
import { ClientFrames, type ClientMemory } from './client-frames.ts'
import { ConnectionTable, nameOf, type Connection, type Sender, type StreamSocket } from './connection.ts'
import { JsonFrame } from './decode/json-frame.ts'
import { IntakeAccount } from './intake-account.ts'
import type { IntakeCounters } from './intake-counters.ts'
import type { IntakeLimits } from './intake-limits.ts'
import type { QuarantineEntry } from './quarantine-entry.ts'
import { RateBook, type IntakeRates } from './rates.ts'
import { Rejections } from './rejections.ts'
import { Replies } from './replies/replies.ts'
import { Settlement } from './replies/settlement.ts'
import { RingRoom } from './ring-room.ts'
import { TextDoor } from './text-door.ts'

/** What an intake works with; one intake per listener thread. */
export interface IntakeParts {
  readonly memory: SharedMemory
  readonly producer: FrameProducer
  readonly names: NameResolver
  /** INTAKE_COUNTERS words. */
  readonly counters: IntakeCounters
  readonly limits: IntakeLimits
  readonly rates: IntakeRates
  /** What a sender that is refused for this reason is told to wait. */
  readonly retryAfterMs: (reason: RefusalReason) => number
  readonly clock: Clock
  /** When a frame came in, on the same scale; `turnTime(clock)` spares reading the clock for every frame. */
  readonly receivedMs: (bytes: number) => number
  /** Lets the thread rest for up to `ms` while the ring is full. Must not call the intake. */
  readonly pause: (ms: number) => void
  readonly quarantine: (entry: QuarantineEntry) => void
  /** Frames already taken, by client; not given where nothing outlives the process. */
  readonly clients?: ClientMemory | undefined
  /** Why nothing at all can be taken now, or ''. */
  readonly refusal?: () => RefusalReason | ''
}

const CLOSE_TOO_LONG = 1009
/** RFC 6455, 7.4.1: an unexpected condition. */
const CLOSE_FAILED = 1011

/**
 * Bytes in, validated frames in the ring, replies out; knows no transport. Every reading that comes in is counted
 * received, and exactly once committed, refused or malformed; what was refused or malformed is answered at once,
 * what was committed by `settle` when the router is through with it. Messages are copied before a call returns.
 */
export class Intake {
  readonly #frameBytes: number
  readonly #clock: Clock
  readonly #receivedMs: (bytes: number) => number
  readonly #account: IntakeAccount
  readonly #connections = new ConnectionTable()
  readonly #rateBook: RateBook
  readonly #settlement: Settlement
  readonly #rejections: Rejections
  readonly #binary: BinaryDoor
  readonly #text: TextDoor
  readonly #clients: ClientFrames | undefined
  readonly #refusal: () => RefusalReason | ''
  #isClosing = false

  constructor(parts: IntakeParts) {
    const { memory, producer, counters, limits, clock, pause, quarantine, retryAfterMs } = parts
    const { frameBytes, framesInFlight, ringWaitMs: waitMs } = limits
    assert(producer.capacityBytes >= RING_FRAMES * frameBytes, 'a ring holds four of the longest frames')
    this.#frameBytes = frameBytes
    this.#clock = clock
    this.#receivedMs = parts.receivedMs
    const account = new IntakeAccount(counters)
    this.#account = account
    this.#rateBook = new RateBook(parts.rates)
    const replies = new Replies(counters, clock, framesInFlight, (unread) => this.close(unread))
    const clients = parts.clients && new ClientFrames(parts.clients, producer, clock)
    this.#clients = clients
    this.#refusal = parts.refusal ?? (() => '')
    this.#settlement = new Settlement(producer, this.#connections, replies, retryAfterMs, clients)
    const end = this.#end.bind(this)
    this.#rejections = new Rejections({ account, replies, quarantine, retryAfterMs, end })
    const room = new RingRoom({
      producer,
      account,
      clock,
      waitMs,
      pause,
      settle: () => this.settle(),
      clients,
    })
    this.#binary = new BinaryDoor(memory, room, this.#rejections, frameBytes)
    const frame = new JsonFrame(memory, parts.names)
    this.#text = new TextDoor(room, this.#rejections, this.#settlement, frame, parts.names)
  }

  /** A binary message: one FlatBuffers frame. */
  binary(connection: Connection, message: ArrayBuffer | Uint8Array): void {
    const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
    if (bytes.length > this.#frameBytes) return this.#tooLong(connection, bytes, false)
    this.#account.message(bytes.length)
    const refusal = this.#isClosing ? 'shutdown' : this.#refusal()
    if (refusal !== '') this.#binary.refuse(connection, bytes, refusal)
    else this.#binary.take(connection, bytes, this.#receivedMs(bytes.length))
  }

  /** A text message: readings as JSON in UTF-8. */
  text(connection: Connection, message: ArrayBuffer | Uint8Array): void {
    const bytes = message instanceof ArrayBuffer ? new Uint8Array(message) : message
    if (bytes.length > this.#frameBytes) return this.#tooLong(connection, bytes, true)
    this.#account.message(bytes.length)
    const refusal = this.#isClosing ? 'shutdown' : this.#refusal()
    this.#text.take(connection, bytes, this.#receivedMs(bytes.length), refusal)
  }

  /** A message the server threw away unread because it was far too long. */
  countTooLong(): void {
    this.#account.message(0)
    this.#account.malformed('size')
  }

  /** Answers what has been routed since the last call; call it often. */
  settle(): void {
    this.#settlement.settle()
  }

  /** Why no more connections are taken from this sender, or ''. */
  connectionRefusal(address: string, tenant: string): string {
    const reason = this.#rateBook.refusal(address, tenant)
    if (reason !== '') this.#account.connectionRefused()
    return reason
  }

  open(socket: StreamSocket, sender: Sender): Connection {
    this.#account.connectionOpened()
    const rates = this.#rateBook.open(sender.address, sender.tenant, this.#clock.nowMs())
    return this.#connections.open(socket, sender, rates)
  }

  /** To be called when a connection is gone, for whatever reason; calling it again does nothing. */
  close(connection: Connection): void {
    if (connection.socket === null) return
    connection.socket = null
    this.#account.connectionClosed()
    this.#rateBook.close(connection.sender.address, connection.sender.tenant)
    this.#clients?.close(connection)
    this.#connections.close(connection)
  }

  /** Forgets senders that are gone; call it every few seconds. */
  sweep(): void {
    this.#rateBook.sweep(this.#clock.nowMs())
  }

  /** From now on every frame is refused; what is in the ring is still answered by `settle`. */
  beginShutdown(): void {
    this.#isClosing = true
  }

  /** Nothing is routed any more: frames are refused, and no connection is left waiting for an answer. */
  giveUp(reason: string): void {
    this.beginShutdown()
    this.disconnect(CLOSE_FAILED, reason)
  }

  /** Closes every connection, for example with 1001 when the engine stops; returns how many there were. */
  disconnect(code: number, reason: string): number {
    const connections = [...this.#connections]
    for (const connection of connections) this.#end(connection, code, reason)
    return connections.length
  }

  /** `client@address` of the connection a frame in the ring came from; '' when it is gone. */
  sourceName(source: number): string {
    const connection = this.#connections.find(source)
    return connection === null ? '' : nameOf(connection.sender)
  }

  #tooLong(connection: Connection, bytes: Uint8Array, asText: boolean): void {
    const problem = `${bytes.length} bytes are more than limits.frameBytes (${this.#frameBytes})`
    this.#account.message(bytes.length)
    this.#rejections.malformed(connection, asText, 0, 'size', problem, bytes)
    this.#end(connection, CLOSE_TOO_LONG, 'message too long')
  }

  #end(connection: Connection, code: number, reason: string): void {
    connection.socket?.end(code, reason)
    this.close(connection)
  }
}
