import type { NameResolver } from '../core/names.ts'
import type { RefusalReason } from '../core/refusal.ts'
import { READING_BYTES } from '../memory/layout/reading.layout.ts'
import { SOURCE_COMPACTED, SOURCE_TEXT, type Connection } from './connection.ts'
import { JSON_READING_OFFSET, readingCapacity, type JsonFrame } from './decode/json-frame.ts'
import { JsonMessage } from './decode/json-message.ts'
import { PlainMessage } from './decode/plain-message.ts'
import type { Rejections } from './rejections.ts'
import type { Settlement } from './replies/settlement.ts'
import type { RingRoom } from './ring-room.ts'

const decoder = new TextDecoder()

/** Text messages: parsed, and their readings laid out in the ring; a faulty reading doesn't cost its neighbours. */
export class TextDoor {
  readonly #room: RingRoom
  readonly #rejections: Rejections
  readonly #settlement: Settlement
  readonly #frame: JsonFrame
  readonly #plain: PlainMessage
  readonly #message = new JsonMessage()

  constructor(
    room: RingRoom,
    rejections: Rejections,
    settlement: Settlement,
    frame: JsonFrame,
    names: NameResolver,
  ) {
    this.#plain = new PlainMessage(names)
    this.#room = room
    this.#rejections = rejections
    this.#settlement = settlement
    this.#frame = frame
  }

  take(connection: Connection, bytes: Uint8Array, nowMs: number, refusal: RefusalReason | ''): void {
    const plain = this.#plain
    if (plain.read(bytes)) {
      if (this.#isWelcome(connection, plain.count, plain.seq, nowMs, refusal))
        this.#lay(connection, plain.count, plain.seq, bytes, nowMs, (at) => this.#frame.writePlain(plain, at))
      return
    }
    const message = this.#message
    const problem = message.parse(decoder.decode(bytes))
    const { seq, readings } = message
    if (problem !== '') return this.#rejections.malformed(connection, true, seq, 'json', problem, bytes)
    if (this.#isWelcome(connection, readings.length, seq, nowMs, refusal))
      this.#lay(connection, readings.length, seq, bytes, nowMs, (at) => this.#frame.write(readings, at))
  }

  /** False when they have been refused. */
  #isWelcome(
    connection: Connection,
    count: number,
    seq: number,
    nowMs: number,
    refusal: RefusalReason | '',
  ): boolean {
    if (refusal !== '') {
      this.#rejections.refuse(connection, true, seq, count, refusal)
      return false
    }
    if (connection.rates === null) return true
    const waitMs = connection.rates.take(count, nowMs)
    if (waitMs > 0) this.#rejections.refuse(connection, true, seq, count, 'rate', waitMs)
    return waitMs === 0
  }

  #lay(
    connection: Connection,
    count: number,
    seq: number,
    bytes: Uint8Array,
    nowMs: number,
    write: (address: number) => number,
  ): void {
    const capacity = readingCapacity(count, bytes.length)
    const address = this.#room.claim(
      connection,
      JSON_READING_OFFSET + capacity * READING_BYTES,
      capacity,
      nowMs,
    )
    if (address === 0) return this.#rejections.refuse(connection, true, seq, count, 'ring')
    const written = write(address)
    if (written < count) this.#rejections.countFaults(connection, this.#frame.faults, bytes)
    if (written === 0 && count > 0) {
      return this.#rejections.answerAllFaulty(connection, seq, this.#frame.faults)
    }
    if (written < count && seq !== 0) this.#frame.noteFaults(address, written, capacity)
    const source = written === count ? this.#whole(connection) : this.#part(connection, seq)
    const entry = this.#room.commit(connection, source, JSON_READING_OFFSET, written, seq, nowMs)
    if (entry === 'committed') return
    if (seq !== 0 && written < count) this.#settlement.expectNoFaults()
    this.#rejections.refuse(connection, true, seq, written, entry)
  }

  #whole(connection: Connection): number {
    return connection.source | SOURCE_TEXT
  }

  /** A numbered message gets one answer for all its readings, when those in the ring are settled. */
  #part(connection: Connection, seq: number): number {
    if (seq !== 0) this.#settlement.expectFaults(this.#frame.faults)
    else this.#rejections.answerFaults(connection, seq, this.#frame.faults)
    return connection.source | SOURCE_TEXT | SOURCE_COMPACTED
  }
}
