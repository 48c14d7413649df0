import type { Clock } from '../core/clock.ts'
import { assert } from '../core/errors.ts'
import type { NameResolver } from '../core/names.ts'
import {
  MALFORMED_CAUSES,
  REFUSAL_REASONS,
  type MalformedCause,
  type RefusalReason,
} from '../core/refusal.ts'
import type { FrameProducer } from '../memory/rings/ingest-ring.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import {
  ConnectionTable,
  SOURCE_COMPACTED,
  SOURCE_TEXT,
  type Connection,
  type Sender,
  type StreamSocket,
} from './connection.ts'
import { FrameCheck } from './decode/frame-check.ts'
import { JSON_READING_OFFSET, JsonFrame, readingCapacity } from './decode/json-frame.ts'
import { JsonMessage } from './decode/json-message.ts'
import type { ReadingFault } from './decode/json-reading.ts'
import * as C from './intake-counters.ts'
import type { IntakeLimits } from './intake-limits.ts'
import { QUARANTINED_BYTES, type QuarantineEntry } from './quarantine-entry.ts'
import { RateBook, type IntakeRates } from './rates.ts'
import { explainFaults, listFaults } from './replies/fault-report.ts'
import { Replies } from './replies/replies.ts'
import { Status } from './replies/reply.ts'
import { Settlement } from './replies/settlement.ts'
import { RingRoom } from './ring-room.ts'

/** What an intake works with; one intake per listener thread. */
export interface IntakeParts {
  readonly memory: SharedMemory
  readonly producer: FrameProducer
  readonly names: NameResolver
  /** INTAKE_COUNTERS words. */
  readonly counters: C.IntakeCounters
  readonly limits: IntakeLimits
  readonly rates: IntakeRates
  readonly clock: Clock
  /** Lets the thread rest for up to `ms` while the ring is full. Must not call the intake. */
  readonly pause: (ms: number) => void
  readonly quarantine: (entry: QuarantineEntry) => void
}

const MAX_MALFORMED_FRAMES = 16
const CLOSE_INVALID = 1007
const CLOSE_TOO_LONG = 1009
const WORD_ALIGNED = 8
/** Under load answers are given between frames, at least every so many. */
const SETTLE_EVERY = 32

/**
 * Bytes in, validated frames in the ring, replies out; knows no transport. Every reading that comes in is counted
 * received, and exactly once committed, refused or malformed; what was refused or malformed is answered at once,
 * what was committed by `settle` when the router is through with it.
 */
export class Intake {
  readonly #memory: SharedMemory
  readonly #producer: FrameProducer
  readonly #counters: C.IntakeCounters
  readonly #limits: IntakeLimits
  readonly #clock: Clock
  readonly #quarantine: (entry: QuarantineEntry) => void
  readonly #connections = new ConnectionTable()
  readonly #rateBook: RateBook
  readonly #replies: Replies
  readonly #settlement: Settlement
  readonly #room: RingRoom
  readonly #check: FrameCheck
  readonly #json = new JsonMessage()
  readonly #jsonFrame: JsonFrame
  /** Where messages that cannot go into the ring are read, to count what is refused. */
  readonly #aside: Uint8Array
  readonly #asideCheck: FrameCheck
  readonly #text: Buffer
  #isClosing = false
  /** Numbered frames committed since the last `settle`. */
  #unsettled = 0

  constructor(parts: IntakeParts) {
    const { memory, producer, counters, limits, clock } = parts
    assert(producer.capacityBytes >= 4 * limits.frameBytes, 'a ring holds four of the longest frames')
    this.#memory = memory
    this.#producer = producer
    this.#counters = counters
    this.#limits = limits
    this.#clock = clock
    this.#quarantine = parts.quarantine
    this.#rateBook = new RateBook(parts.rates)
    this.#replies = new Replies(counters, clock, limits.framesInFlight, (unread) => this.close(unread))
    this.#settlement = new Settlement(producer, this.#connections, this.#replies, limits.retryAfterMs)
    this.#room = new RingRoom(producer, clock, limits.ringWaitMs, parts.pause, () => this.settle())
    this.#check = new FrameCheck(memory.bytes, memory.i32)
    this.#jsonFrame = new JsonFrame(memory, parts.names)
    const aside = new ArrayBuffer((limits.frameBytes + WORD_ALIGNED) & -WORD_ALIGNED)
    this.#aside = new Uint8Array(aside)
    this.#asideCheck = new FrameCheck(this.#aside, new Int32Array(aside))
    this.#text = Buffer.from(aside)
  }

  /** Why no more connections are taken from this sender, or ''. */
  connectionRefusal(address: string, tenant: string): string {
    const reason = this.#rateBook.refusal(address, tenant)
    if (reason !== '') this.#counters[C.INTAKE_CONNECTIONS_REFUSED]++
    return reason
  }

  open(socket: StreamSocket, sender: Sender): Connection {
    this.#counters[C.INTAKE_CONNECTIONS]++
    this.#counters[C.INTAKE_CONNECTIONS_OPENED]++
    const rates = this.#rateBook.open(sender.address, sender.tenant, this.#clock.nowMs())
    return this.#connections.open(socket, sender, rates)
  }

  /** To be called when a connection is gone, for whatever reason; calling it again does nothing. */
  close(connection: Connection): void {
    if (connection.socket === null) return
    connection.socket = null
    this.#counters[C.INTAKE_CONNECTIONS]--
    this.#rateBook.close(connection.sender.address, connection.sender.tenant)
    this.#connections.close(connection)
  }

  /** Answers what has been routed since the last call. */
  settle(): void {
    this.#unsettled = 0
    this.#settlement.settle()
  }

  /** Forgets senders that are gone; call it every few seconds. */
  sweep(): void {
    this.#rateBook.sweep(this.#clock.nowMs())
  }

  /** From now on every frame is refused; what is in the ring is still answered by `settle`. */
  beginShutdown(): void {
    this.#isClosing = true
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

  /** A binary message; its bytes are copied before this returns. */
  binary(connection: Connection, message: ArrayBuffer | Uint8Array): void {
    const length = message.byteLength
    if (length > this.#limits.frameBytes) return this.tooLong(connection, message, false)
    this.#countFrame(length)
    const bytes = message instanceof Uint8Array ? message : new Uint8Array(message)
    if (this.#isClosing) return this.#refuseUnclaimed(connection, bytes, 'shutdown')
    const address = this.#room.claim(length, length >>> 5)
    if (address === 0) return this.#refuseUnclaimed(connection, bytes, 'ring')
    this.#memory.bytes.set(bytes, address)
    const check = this.#check
    const problem = check.check(address, length)
    if (problem !== '') return this.#malformedFrame(connection, bytes, problem)
    const nowMs = this.#clock.nowMs()
    if (
      connection.rates !== null &&
      !this.#isWithinRate(connection, false, check.seq, check.readingCount, nowMs)
    ) {
      return
    }
    const offset = this.#align(address, check.readingOffset, check.readingCount)
    this.#commit(connection, offset, check.readingCount, connection.source, check.seq, nowMs)
  }

  /** A text message in UTF-8; its bytes are copied before this returns. */
  text(connection: Connection, message: ArrayBuffer | Uint8Array): void {
    const length = message.byteLength
    if (length > this.#limits.frameBytes) return this.tooLong(connection, message, true)
    this.#countFrame(length)
    const bytes = message instanceof Uint8Array ? message : new Uint8Array(message)
    const json = this.#json
    const problem = json.parse(this.#decode(bytes))
    if (problem !== '') return this.#malformed(connection, true, json.seq, 'json', problem, bytes)
    const count = json.readings.length
    const nowMs = this.#clock.nowMs()
    if (this.#isClosing)
      return this.#refuse(connection, true, json.seq, count, 'shutdown', this.#limits.retryAfterMs)
    if (connection.rates !== null && !this.#isWithinRate(connection, true, json.seq, count, nowMs)) return
    const capacity = readingCapacity(count, length)
    const address = this.#room.claim(JSON_READING_OFFSET + capacity * 32, capacity)
    if (address === 0) {
      return this.#refuse(connection, true, json.seq, count, 'ring', this.#limits.retryAfterMs)
    }
    const written = this.#jsonFrame.write(json.readings, address)
    if (written === count) {
      this.#commit(connection, JSON_READING_OFFSET, count, connection.source | SOURCE_TEXT, json.seq, nowMs)
    } else this.#commitPart(connection, written, bytes, nowMs)
  }

  /** A message over limits.frameBytes: answered as malformed, then the connection is closed. */
  tooLong(connection: Connection, message: ArrayBuffer | Uint8Array, asText: boolean): void {
    this.#countFrame(message.byteLength)
    const bytes = message instanceof Uint8Array ? message : new Uint8Array(message)
    const problem = `${message.byteLength} bytes are more than limits.frameBytes (${this.#limits.frameBytes})`
    this.#malformed(connection, asText, 0, 'size', problem, bytes)
    this.#end(connection, CLOSE_TOO_LONG, 'message too long')
  }

  /** A message the server threw away unread because it was far too long. */
  countTooLong(): void {
    this.#counters[C.INTAKE_FRAMES]++
    this.#countMalformed('size')
  }

  #commit(
    connection: Connection,
    readingOffset: number,
    readingCount: number,
    source: number,
    seq: number,
    nowMs: number,
  ): void {
    this.#counters[C.INTAKE_RECEIVED] += readingCount
    this.#counters[C.INTAKE_COMMITTED] += readingCount
    this.#producer.commit(readingOffset, readingCount, source, seq, nowMs)
    if (seq === 0) return
    connection.outstanding++
    if (++this.#unsettled < SETTLE_EVERY) return
    this.settle()
  }

  /** Some readings of a JSON message are not as they should be: the others go their way. */
  #commitPart(connection: Connection, written: number, bytes: Uint8Array, nowMs: number): void {
    const { seq } = this.#json
    const { faults } = this.#jsonFrame
    this.#countFaults(faults)
    const malformed = faults.find((fault) => fault.malformed)
    if (malformed !== undefined) {
      this.#keep(connection, MALFORMED_CAUSES[malformed.code], malformed.message, bytes)
    }
    if (written === 0) return this.#answerFaults(connection, seq, faults)
    const source = connection.source | SOURCE_TEXT | SOURCE_COMPACTED
    if (seq !== 0) this.#settlement.expectFaults(faults)
    else this.#explainFaults(connection, seq, faults)
    this.#commit(connection, JSON_READING_OFFSET, written, source, seq, nowMs)
  }

  /** Nothing of a JSON message could be taken. */
  #answerFaults(connection: Connection, seq: number, faults: readonly ReadingFault[]): void {
    if (faults.some((fault) => !fault.malformed)) {
      return this.#explainFaults(connection, seq, faults)
    }
    const more = faults.length > 1 ? ` (and ${faults.length - 1} more)` : ''
    this.#replies.send(connection, true, Status.malformed, seq, faults[0].message + more, 0, null)
    this.#countAgainst(connection)
  }

  #explainFaults(connection: Connection, seq: number, faults: readonly ReadingFault[]): void {
    const refused = faults.some((fault) => !fault.malformed)
    const status = refused ? Status.refused : Status.accepted
    const retryAfterMs = refused ? this.#limits.retryAfterMs : 0
    const indexes = listFaults(faults, [])
    this.#replies.send(connection, true, status, seq, explainFaults(faults), retryAfterMs, indexes)
  }

  #isWithinRate(connection: Connection, asText: boolean, seq: number, count: number, nowMs: number): boolean {
    const waitMs = connection.rates!.take(count, nowMs)
    if (waitMs > 0) this.#refuse(connection, asText, seq, count, 'rate', waitMs)
    return waitMs === 0
  }

  /** There is no room to check the frame in, so it is read aside: its seq is answered, its readings are counted. */
  #refuseUnclaimed(connection: Connection, bytes: Uint8Array, reason: RefusalReason): void {
    this.#aside.set(bytes)
    const problem = this.#asideCheck.check(0, bytes.length)
    if (problem !== '') return this.#malformedFrame(connection, bytes, problem)
    const { seq, readingCount } = this.#asideCheck
    this.#refuse(connection, false, seq, readingCount, reason, this.#limits.retryAfterMs)
  }

  #refuse(
    connection: Connection,
    asText: boolean,
    seq: number,
    readings: number,
    reason: RefusalReason,
    retryAfterMs: number,
  ): void {
    this.#counters[C.INTAKE_RECEIVED] += readings
    this.#counters[C.INTAKE_REFUSED + REFUSAL_REASONS.indexOf(reason)] += readings
    this.#replies.send(connection, asText, Status.refused, seq, reason, retryAfterMs, null)
  }

  #malformedFrame(connection: Connection, bytes: Uint8Array, problem: string): void {
    this.#malformed(connection, false, 0, 'frame', problem, bytes)
  }

  #malformed(
    connection: Connection,
    asText: boolean,
    seq: number,
    cause: MalformedCause,
    problem: string,
    bytes: Uint8Array,
  ): void {
    this.#countMalformed(cause)
    this.#keep(connection, cause, problem, bytes)
    this.#replies.send(connection, asText, Status.malformed, seq, `${cause}: ${problem}`, 0, null)
    this.#countAgainst(connection)
  }

  #countAgainst(connection: Connection): void {
    if (++connection.malformedFrames < MAX_MALFORMED_FRAMES) return
    this.#end(connection, CLOSE_INVALID, `${MAX_MALFORMED_FRAMES} malformed frames`)
  }

  #end(connection: Connection, code: number, reason: string): void {
    connection.socket?.end(code, reason)
    this.close(connection)
  }

  #keep(connection: Connection, cause: MalformedCause, detail: string, bytes: Uint8Array): void {
    const head = bytes.slice(0, QUARANTINED_BYTES)
    this.#quarantine({ cause, detail, source: nameOf(connection.sender), bytes: head, size: bytes.length })
  }

  #countFrame(bytes: number): void {
    this.#counters[C.INTAKE_FRAMES]++
    this.#counters[C.INTAKE_BYTES] += bytes
  }

  #countMalformed(cause: MalformedCause): void {
    this.#counters[C.INTAKE_RECEIVED]++
    this.#counters[C.INTAKE_MALFORMED + MALFORMED_CAUSES.indexOf(cause)]++
  }

  #countFaults(faults: readonly ReadingFault[]): void {
    this.#counters[C.INTAKE_RECEIVED] += faults.length
    for (const { malformed, code } of faults) {
      this.#counters[(malformed ? C.INTAKE_MALFORMED : C.INTAKE_REFUSED) + code]++
    }
  }

  /** Readings lie at a multiple of 8 in the ring; a sender's vector may lie at one of 4 only. */
  #align(address: number, offset: number, count: number): number {
    if ((offset & (WORD_ALIGNED - 1)) === 0) return offset
    const aligned = offset & -WORD_ALIGNED
    const from = address + offset
    this.#memory.bytes.copyWithin(address + aligned, from, from + count * 32)
    return aligned
  }

  #decode(bytes: Uint8Array): string {
    this.#aside.set(bytes)
    return this.#text.toString('utf8', 0, bytes.length)
  }
}

const nameOf = (sender: Sender): string =>
  sender.client === '' ? sender.address : `${sender.client}@${sender.address}`
