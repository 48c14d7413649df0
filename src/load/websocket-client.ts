import { createHash, randomBytes } from 'node:crypto'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Clock } from '../core/clock.ts'
import { ERROR_CODES, MillraceError, type ErrorCode } from '../core/errors.ts'
import { MessageParser, messageOf, OPCODE } from './websocket-framing.ts'

const HANDSHAKE_MS = 10_000
const CLOSE_MS = 500
const MAX_RESPONSE_BYTES = 64 * 1024
const ACCEPT_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

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

function connected(url: URL, clock: Clock): Promise<Socket> {
  const secure = url.protocol === 'wss:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || (secure ? 443 : 80))
  return new Promise((resolve, reject) => {
    const socket = secure ? connectTls({ host, port, servername: host }) : connectTcp({ host, port })
    const fail = (why: string) => {
      socket.destroy()
      reject(new MillraceError('not-ready', `cannot connect to ${url.host}: ${why}`, { url: url.href }))
    }
    const cancel = clock.after(HANDSHAKE_MS, () => fail(`no answer within ${HANDSHAKE_MS} ms`))
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.message || error.code || 'failed'))
    socket.once('close', cancel)
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      cancel()
      socket.removeAllListeners('error').setNoDelay(true)
      resolve(socket)
    })
  })
}

function upgradeRequest(url: URL, token: string, key: string): string {
  const lines = [
    `GET ${url.pathname}${url.search} HTTP/1.1`,
    `Host: ${url.host}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${key}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Protocol: millrace.v1',
    ...(token === '' ? [] : [`Authorization: Bearer ${token}`]),
  ]
  return lines.join('\r\n') + '\r\n\r\n'
}

/** Waits for the answer to the upgrade; resolves with the bytes that came behind it. */
function upgraded(socket: Socket, url: URL, key: string, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const settle = (error: MillraceError | null) => {
      cancel()
      socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close')
      if (error) socket.destroy()
      if (error) reject(error)
    }
    const cancel = clock.after(HANDSHAKE_MS, () => settle(refusal(url, 'no answer to the upgrade')))
    const ended = () => settle(answerError(received, url) ?? refusal(url, 'closed before an answer'))
    socket.on('error', ended).on('close', ended)
    socket.on('data', (piece) => {
      received = Buffer.concat([received, piece])
      const end = received.indexOf('\r\n\r\n')
      if (end < 0 && received.length > MAX_RESPONSE_BYTES) settle(refusal(url, 'endless answer'))
      if (end < 0 || !isWholeAnswer(received, end)) return
      const error = answerError(received, url) ?? acceptError(received.toString('latin1', 0, end), key, url)
      settle(error)
      if (!error) resolve(received.subarray(end + 4))
    })
  })
}

const refusal = (url: URL, why: string): MillraceError =>
  new MillraceError('not-ready', `${url.host} did not become a WebSocket: ${why}`, { url: url.href })

const statusOf = (answer: Buffer): number =>
  Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer.toString('latin1', 0, 16))?.[1])

/** A refusal has a body worth waiting for. */
function isWholeAnswer(answer: Buffer, headEnd: number): boolean {
  if (statusOf(answer) === 101) return true
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(answer.toString('latin1', 0, headEnd))?.[1] ?? 0)
  return answer.length >= headEnd + 4 + Math.min(length, MAX_RESPONSE_BYTES)
}

/** The error that a refused upgrade stands for, or null if it is not refused. */
function answerError(answer: Buffer, url: URL): MillraceError | null {
  const status = statusOf(answer)
  if (status === 101 || answer.length === 0) return null
  const body = answer.toString('utf8', answer.indexOf('\r\n\r\n') + 4)
  const said = /"code":"([a-z-]+)"/.exec(body)?.[1]
  const codes = Object.keys(ERROR_CODES) as ErrorCode[]
  const code = codes.find((one) => one === said) ?? codes.find((one) => ERROR_CODES[one].status === status)
  const why = /"message":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1] ?? `HTTP status ${status}`
  return new MillraceError(code ?? 'not-ready', `${url.host} refused the connection: ${why}`, { status })
}

function acceptError(head: string, key: string, url: URL): MillraceError | null {
  const expected = createHash('sha1')
    .update(key + ACCEPT_GUID)
    .digest('base64')
  const accept = /\r\nsec-websocket-accept: *(\S+)/i.exec(head)?.[1]
  return accept === expected ? null : refusal(url, 'wrong Sec-WebSocket-Accept')
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
