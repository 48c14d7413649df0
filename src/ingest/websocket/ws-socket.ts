import type { RawData, WebSocket } from 'ws'
import { SEND_DROPPED, type Connection, type StreamSocket } from '../connection.ts'

const SENT = 1

/** A socket of the `ws` package in the shape of µWebSockets' sockets. */
export class WsSocket implements StreamSocket {
  connection: Connection | null = null
  /** Something came in since the last look. */
  isAlive = true
  readonly #ws: WebSocket
  readonly #replyBufferBytes: number
  readonly #onClosing: (socket: WsSocket) => void

  constructor(ws: WebSocket, replyBufferBytes: number, onClosing: (socket: WsSocket) => void) {
    this.#ws = ws
    this.#replyBufferBytes = replyBufferBytes
    this.#onClosing = onClosing
  }

  send(message: Uint8Array | string, isBinary: boolean): number {
    if (this.#ws.bufferedAmount > this.#replyBufferBytes) return SEND_DROPPED
    if (this.#ws.readyState !== this.#ws.OPEN) return SENT
    // ws keeps what it is given until it is written
    const data = typeof message === 'string' ? message : message.slice()
    this.#ws.send(data, { binary: isBinary, compress: false })
    return SENT
  }

  end(code: number, reason: string): void {
    this.#ws.close(code, reason)
    this.#onClosing(this)
  }

  close(): void {
    this.#ws.terminate()
    this.#onClosing(this)
  }

  /** Ends the connection if nothing came since the last call, else asks for a sign of life. */
  sweep(): void {
    if (!this.isAlive) return this.close()
    this.isAlive = false
    this.#ws.ping()
  }
}

/** The bytes of a message in one piece; with `nodebuffer` sockets it is one already. */
export const messageBytes = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data
