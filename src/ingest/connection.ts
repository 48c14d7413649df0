import { assert } from '../core/errors.ts'
import type { ConnectionRates } from './rates.ts'

/** What a connection is answered through; µWebSockets' own sockets are of this shape. */
export interface StreamSocket {
  /** Sends one message, which is copied before the call returns; SEND_DROPPED when too much is unread already. */
  send(message: Uint8Array | string, isBinary: boolean): number
  /** Closes with a WebSocket close code. */
  end(code: number, reason: string): unknown
  /** Closes at once, without a word. */
  close(): unknown
}

export const SEND_DROPPED = 2

/** Who opened a connection. */
export interface Sender {
  readonly address: string
  /** `?client=`, or ''. */
  readonly client: string
  readonly tenant: string
}

/**
 * One sender's connection: plain fields only, since there may be tens of thousands. A frame in the ring names it by
 * `source`: slot and generation, so that an answer never goes to a later connection in the same slot.
 */
export class Connection {
  /** null once closed. */
  socket: StreamSocket | null
  readonly source: number
  readonly sender: Sender
  readonly rates: ConnectionRates | null
  /** Frames with a seq that are in the ring. */
  outstanding = 0
  malformedFrames = 0
  /** Highest settled seq that has not been answered yet; -1 = none. */
  acceptedSeq = -1
  acceptedAsText = false
  /** When a frame without a seq was last answered. */
  unnumberedReplyMs = -Infinity

  constructor(socket: StreamSocket, source: number, sender: Sender, rates: ConnectionRates | null) {
    this.socket = socket
    this.source = source
    this.sender = sender
    this.rates = rates
  }
}

const SLOT_BITS = 20
const SLOT_MASK = (1 << SLOT_BITS) - 1
const GENERATION_MASK = 0x3ff
const NAME_MASK = 0x3fffffff
/** In a frame's source: some readings of its message were not committed, so indexes have moved. */
export const SOURCE_COMPACTED = 0x40000000
/** In a frame's source: it came as text, and is answered as text. */
export const SOURCE_TEXT = 0x80000000 | 0

/** The connection's part of a frame's source. */
export const senderOf = (source: number): number => source & NAME_MASK

/** Connections by slot. */
export class ConnectionTable {
  readonly #slots: (Connection | null)[] = []
  readonly #generations: number[] = []
  readonly #free: number[] = []

  open(socket: StreamSocket, sender: Sender, rates: ConnectionRates | null): Connection {
    const slot = this.#free.pop() ?? this.#slots.length
    assert(slot <= SLOT_MASK, 'no more connections than slots')
    const generation = ((this.#generations[slot] ?? 0) + 1) & GENERATION_MASK
    const connection = new Connection(socket, (generation << SLOT_BITS) | slot, sender, rates)
    this.#generations[slot] = generation
    this.#slots[slot] = connection
    return connection
  }

  close(connection: Connection): void {
    const slot = connection.source & SLOT_MASK
    this.#slots[slot] = null
    this.#free.push(slot)
  }

  /** The connection a frame came from, unless it is closed. */
  find(source: number): Connection | null {
    const connection = this.#slots[source & SLOT_MASK] ?? null
    return connection !== null && connection.source === (source & NAME_MASK) ? connection : null
  }

  *[Symbol.iterator](): Iterator<Connection> {
    for (const connection of this.#slots) if (connection) yield connection
  }
}

/** `client@address`, or the address alone. */
export const nameOf = (sender: Sender): string =>
  sender.client === '' ? sender.address : `${sender.client}@${sender.address}`
