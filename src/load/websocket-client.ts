import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Clock } from '../core/clock.ts'
import { connected, upgraded, upgradeRequest } from './handshake.ts'
import { MessageParser, messageOf, OPCODE } from './websocket-framing.ts'

const CLOSE_MS = 500

export interface ClientEvents {
  /** `message` is valid during the call. */
  onMessage(message: Buffer, binary: boolean): void
  /** Called once, whoever closed; `code` is 1006 if the connection broke. */
  onClose(code: number): void
}

/** Opens a connection. Rejects with a MillraceError that has the server's own code where it gave one. */
export async function openWebSocket(
  url: URL,
  token: string,
  events: ClientEvents,
  clock: Clock,
): Promise<WebSocketClient> {
  const socket = await connected(url, clock)
  const key = randomBytes(16).toString('base64')
  socket.write(upgradeRequest(url, token, key))
  const early = await upgraded(socket, url, key, clock)
  return new WebSocketClient(socket, early, events, clock)
}

/** An open connection that takes ready-made WebSocket frames. */
export class WebSocketClient {
  readonly #socket: Socket
  readonly #clock: Clock
  readonly #events: ClientEvents
  #closeCode = 1006
  #closed = false

  constructor(socket: Socket, early: Buffer, events: ClientEvents, clock: Clock) {
    this.#socket = socket
    this.#clock = clock
    this.#events = events
    const parser = new MessageParser((opcode, payload) => this.#message(opcode, payload))
    const push = (piece: Buffer) => {
      try {
        parser.push(piece)
      } catch {
        this.#closeCode = 1002
        socket.destroy()
      }
    }
    socket.on('data', push)
    // a reset is told by the close that follows
    socket.on('error', () => undefined)
    socket.on('close', () => this.#end())
    // after the caller has the client
    if (early.length > 0) setImmediate(push, early)
  }

  /** Bytes handed over that the operating system hasn't taken yet. */
  get queuedBytes(): number {
    return this.#socket.writableLength
  }

  /** Sends ready-made frames; `taken` is called when `bytes` may be written to again (also if it fails). */
  send(bytes: Uint8Array, taken: () => void): void {
    this.#socket.write(bytes, taken)
  }

  /** Sends one binary message, together with the others of the same turn. */
  sendMessage(payload: Uint8Array): void {
    const socket = this.#socket
    if (socket.writableCorked === 0) {
      socket.cork()
      setImmediate(() => socket.uncork())
    }
    socket.write(messageOf(OPCODE.binary, payload))
  }

  /** Takes leave by the closing handshake; after half a second, without. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#socket.write(messageOf(OPCODE.close, Buffer.from([0x03, 0xe8])))
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(CLOSE_MS, () => this.#socket.destroy())
      this.#socket.once('close', () => {
        cancel()
        resolve()
      })
    })
  }

  /** Breaks the connection off. */
  abort(): void {
    this.#socket.destroy()
  }

  #message(opcode: number, payload: Buffer): void {
    if (opcode === OPCODE.text || opcode === OPCODE.binary) {
      this.#events.onMessage(payload, opcode === OPCODE.binary)
    } else if (opcode === OPCODE.ping) this.#socket.write(messageOf(OPCODE.pong, payload))
    else if (opcode === OPCODE.close) {
      this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.#socket.end(messageOf(OPCODE.close, payload.subarray(0, 2)))
    }
  }

  #end(): void {
    if (this.#closed) return
    this.#closed = true
    this.#events.onClose(this.#closeCode)
  }
}
