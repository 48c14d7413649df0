import type { RefusalReason } from '../core/refusal.ts'
import { READING_BYTES } from '../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import type { Connection } from './connection.ts'
import { FrameCheck } from './decode/frame-check.ts'
import type { Rejections } from './rejections.ts'
import type { RingRoom } from './ring-room.ts'

const WORD_ALIGNED = 8

/** Binary messages: copied once, into the room they keep in the ring, and checked there. */
export class BinaryDoor {
  readonly #memory: SharedMemory
  readonly #room: RingRoom
  readonly #rejections: Rejections
  readonly #check: FrameCheck
  /** Where messages that get no room are read, to answer their seq and count their readings. */
  readonly #aside: Uint8Array
  readonly #asideCheck: FrameCheck

  constructor(memory: SharedMemory, room: RingRoom, rejections: Rejections, frameBytes: number) {
    this.#memory = memory
    this.#room = room
    this.#rejections = rejections
    this.#check = new FrameCheck(memory.bytes, memory.i32)
    const aside = new ArrayBuffer((frameBytes + WORD_ALIGNED) & -WORD_ALIGNED)
    this.#aside = new Uint8Array(aside)
    this.#asideCheck = new FrameCheck(this.#aside, new Int32Array(aside))
  }

  take(connection: Connection, bytes: Uint8Array, nowMs: number): void {
    const length = bytes.length
    const address = this.#room.claim(connection, length, length >>> 5, nowMs)
    if (address === 0) return this.refuse(connection, bytes, 'ring')
    this.#memory.bytes.set(bytes, address)
    const check = this.#check
    const problem = check.check(address, length)
    if (problem !== '') return this.#rejections.malformed(connection, false, 0, 'frame', problem, bytes)
    const { seq, readingCount } = check
    if (connection.rates !== null) {
      const waitMs = connection.rates.take(readingCount, nowMs)
      if (waitMs > 0) return this.#rejections.refuse(connection, false, seq, readingCount, 'rate', waitMs)
    }
    const offset = this.#align(address, check.readingOffset, readingCount)
    const entry = this.#room.commit(connection, connection.source, offset, readingCount, seq, nowMs)
    if (entry !== 'committed') this.#rejections.refuse(connection, false, seq, readingCount, entry)
  }

  /** Refuses a message that is not in the ring. */
  refuse(connection: Connection, bytes: Uint8Array, reason: RefusalReason): void {
    this.#aside.set(bytes)
    const problem = this.#asideCheck.check(0, bytes.length)
    if (problem !== '') return this.#rejections.malformed(connection, false, 0, 'frame', problem, bytes)
    const { seq, readingCount } = this.#asideCheck
    this.#rejections.refuse(connection, false, seq, readingCount, reason)
  }

  /** Readings lie at a multiple of 8 in the ring; a sender's vector may lie at one of 4 only. */
  #align(address: number, offset: number, count: number): number {
    if ((offset & (WORD_ALIGNED - 1)) === 0) return offset
    const aligned = offset & -WORD_ALIGNED
    const from = address + offset
    this.#memory.bytes.copyWithin(address + aligned, from, from + count * READING_BYTES)
    return aligned
  }
}
