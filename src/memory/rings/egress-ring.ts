import { addToWord, observeCursor, publishCursor, waitForChange, wakeWaiters } from '../atomics.ts'
import * as E from '../layout/egress.layout.ts'
import type { SharedMemory } from '../shared-memory.ts'

const MASK = E.EGRESS_DATA_BYTES - 1
const align = (bytes: number): number => (bytes + 7) & -8

/** The longest message that can be sent. */
export const MAX_EGRESS_BYTES = E.EGRESS_DATA_BYTES / 4

/** A worker's end of its egress ring: whole messages or nothing. */
export class EgressWriter {
  readonly #memory: SharedMemory
  readonly #control: number
  readonly #data: number
  readonly #tickets: number
  #tail: number

  /** `tickets` = address of the word that numbers the messages of all workers. */
  constructor(memory: SharedMemory, egress: number, tickets: number) {
    this.#tickets = tickets
    this.#memory = memory
    this.#control = egress
    this.#data = egress + E.EGRESS_CONTROL_BYTES
    this.#tail = observeCursor(memory.i32, egress + E.EGRESS_TAIL)
  }

  /** Hands a message over; false when there is no room now. */
  offer(kind: number, payload: Uint8Array): boolean {
    const { i32, bytes } = this.#memory
    const size = align(E.EGRESS_HEADER_BYTES + payload.length)
    const offset = this.#tail & MASK
    const toEnd = E.EGRESS_DATA_BYTES - offset
    const padding = size > toEnd ? toEnd : 0
    const head = observeCursor(i32, this.#control + E.EGRESS_HEAD)
    if (((this.#tail - head) >>> 0) + padding + size > E.EGRESS_DATA_BYTES) return false
    if (padding > 0) this.#header(offset, padding, E.EGRESS_PADDING)
    const at = padding > 0 ? 0 : offset
    this.#header(at, E.EGRESS_HEADER_BYTES + payload.length, kind)
    bytes.set(payload, this.#data + at + E.EGRESS_HEADER_BYTES)
    // last, because the reader waits for a ticket that has been taken
    i32[(this.#data + at + E.EGRESS_TICKET) >>> 2] = addToWord(i32, this.#tickets, 1)
    this.#tail = (this.#tail + padding + size) | 0
    publishCursor(i32, this.#control + E.EGRESS_TAIL, this.#tail) // pairs with EgressReader.drain
    return true
  }

  /** Waits until the reader has taken something, or `timeoutMs`. */
  awaitRoom(timeoutMs: number): void {
    const head = this.#control + E.EGRESS_HEAD
    waitForChange(this.#memory.i32, head, observeCursor(this.#memory.i32, head), timeoutMs)
  }

  #header(offset: number, size: number, kind: number): void {
    this.#memory.i32[(this.#data + offset) >>> 2] = size
    this.#memory.i32[(this.#data + offset + 4) >>> 2] = kind
  }
}

/** The main thread's end. */
export class EgressReader {
  readonly #memory: SharedMemory
  readonly #control: number
  readonly #data: number

  constructor(memory: SharedMemory, egress: number) {
    this.#memory = memory
    this.#control = egress
    this.#data = egress + E.EGRESS_CONTROL_BYTES
  }

  /** Ticket of the next message, or undefined when there is none. */
  nextTicket(): number | undefined {
    const { i32 } = this.#memory
    const tail = observeCursor(i32, this.#control + E.EGRESS_TAIL) // pairs with EgressWriter.offer
    while (this.#head() !== tail) {
      const at = this.#at()
      if (i32[(at >>> 2) + 1] !== E.EGRESS_PADDING) return i32[(at + E.EGRESS_TICKET) >>> 2]
      this.#pass(i32[at >>> 2])
    }
    return undefined
  }

  /** Shows the next message, which there must be; the payload is valid until `visit` returns. */
  take(visit: (kind: number, address: number, bytes: number) => void): void {
    const { i32 } = this.#memory
    const at = this.#at()
    const size = i32[at >>> 2]
    try {
      visit(i32[(at >>> 2) + 1], at + E.EGRESS_HEADER_BYTES, size - E.EGRESS_HEADER_BYTES)
    } finally {
      this.#pass(size)
    }
  }

  /** Wakes a worker that waits for room. */
  wakeWriter(): void {
    wakeWaiters(this.#memory.i32, this.#control + E.EGRESS_HEAD)
  }

  #pass(size: number): void {
    publishCursor(this.#memory.i32, this.#control + E.EGRESS_HEAD, (this.#head() + align(size)) | 0)
  }

  #at(): number {
    return this.#data + (this.#head() & MASK)
  }

  #head(): number {
    return observeCursor(this.#memory.i32, this.#control + E.EGRESS_HEAD)
  }
}
