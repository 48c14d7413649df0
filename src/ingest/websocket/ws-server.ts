import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { RawData, WebSocket, WebSocketServer } from 'ws'
import { MillraceError } from '../../core/errors.ts'
import { SEND_DROPPED, type Sender } from '../connection.ts'
import { admitFollower, type Follower, isFollowed } from './follower.ts'
import { capacityRefusal, isAlwaysServed } from './http-exchange.ts'
import { socketLimit, type SocketLimit } from './socket-limit.ts'
import {
  CLOSE_INTERNAL,
  READ_AHEAD,
  SUB_PROTOCOL,
  type Endpoint,
  type StreamServer,
  type StreamServerParts,
  type Tls,
} from './stream-server.ts'
import { invalidPair, pemText } from './tls-files.ts'
import { admit } from './upgrade.ts'
import { WsHttp, requestHead } from './ws-http.ts'
import { WsSocket, messageBytes } from './ws-socket.ts'

const HEADERS_MS = 10_000
const REQUEST_MS = 30_000
const CHECK_MS = 1_000

/**
 * The server in plain JavaScript, for platforms without µWebSockets: the same behaviour, a tenth of the speed. Always
 * the only listener of its process, so what it has open is all there is.
 */
export class WsServer implements StreamServer {
  readonly kind = 'ws'
  readonly #parts: StreamServerParts
  readonly #http: WsHttp
  readonly #server: Server
  readonly #upgrades: WebSocketServer
  readonly #streams = new Set<WsSocket>()
  readonly #sockets = new Set<Socket>()
  #limit: SocketLimit
  #endSweep: () => void = () => undefined

  /** Loads `ws`, which no thread needs that has µWebSockets. */
  static async open(parts: StreamServerParts): Promise<WsServer> {
    return new WsServer(parts, await import('ws'))
  }

  private constructor(parts: StreamServerParts, ws: Pick<typeof import('ws'), 'WebSocketServer'>) {
    this.#parts = parts
    this.#http = new WsHttp(parts)
    this.#limit = socketLimit(parts.limits.connections)
    this.#upgrades = new ws.WebSocketServer({
      noServer: true,
      maxPayload: parts.limits.frameBytes * READ_AHEAD,
      perMessageDeflate: false,
      clientTracking: false,
      handleProtocols: (offered) => (offered.has(SUB_PROTOCOL) ? SUB_PROTOCOL : false),
    })
    this.#server = this.#createServer()
  }

  get sockets(): number {
    return this.#sockets.size
  }

  async listen(host: string, port: number): Promise<Endpoint> {
    const { listeners } = this.#parts
    if (listeners > 1) {
      const message = `listeners must be 1 with "ws", not ${listeners}: its threads cannot share a port`
      throw new MillraceError('bad-config', message, { listeners })
    }
    this.#limit = socketLimit(this.#parts.limits.connections)
    const { idleTimeoutSeconds } = this.#parts.limits
    // half the timeout without a sign of life, then half of it for the answer to a ping
    this.#endSweep = this.#parts.clock.every((idleTimeoutSeconds * 1000) / 2, () => this.#sweep())
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error) => {
        this.#endSweep()
        const message = `cannot listen on ${host}:${port}: ${error.message}`
        reject(new MillraceError('listen-failed', message, { host, port }, error))
      })
      this.#server.listen({ host, port, exclusive: true }, () => {
        resolve({ host, port: (this.#server.address() as AddressInfo).port })
      })
    })
  }

  close(): Promise<void> {
    this.#endSweep()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const stream of this.#streams) stream.close()
    for (const socket of this.#sockets) socket.destroy()
    return closed
  }

  #createServer(): Server {
    const { tls } = this.#parts
    const options = {
      headersTimeout: HEADERS_MS,
      requestTimeout: REQUEST_MS,
      keepAliveTimeout: HEADERS_MS,
      connectionsCheckingInterval: CHECK_MS,
    }
    const server = tls === null ? createServer(options) : createSecureServer(options, tls)
    server.on('connection', (socket: Socket) => this.#count(socket))
    server.on('request', (req, res) => this.#request(req, res))
    server.on('upgrade', (req, socket, head) => this.#upgrade(req, socket, head))
    return server
  }

  #count(socket: Socket): void {
    if (this.#sockets.size >= this.#limit.accepted) return void socket.destroy()
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #request(req: IncomingMessage, res: ServerResponse): void {
    const { method, path } = requestHead(req)
    const full = capacityRefusal(this.#limit, 0, this.#sockets.size)
    if (full === null || isAlwaysServed(path)) this.#http.handle(req, res)
    else this.#http.write(res, method, full, true)
  }

  #upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    try {
      const full = capacityRefusal(this.#limit, this.#streams.size, this.#sockets.size)
      if (full !== null) return this.#http.refuseUpgrade(socket, full)
      const { authenticate, intake } = this.#parts
      if (isFollowed(requestHead(req).path)) return this.#admitFollower(req, socket, head)
      const admission = admit(requestHead(req), authenticate, intake)
      if ('refusal' in admission) return this.#http.refuseUpgrade(socket, admission.refusal)
      this.#upgrades.handleUpgrade(req, socket, head, (ws) => this.#open(ws, admission.sender))
    } catch (error) {
      this.#parts.onError(error)
      socket.destroy()
    }
  }

  #admitFollower(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { http, onError } = this.#parts
    admitFollower(requestHead(req), http, onError, {
      opened: (follower) => {
        if (socket.destroyed) return follower.discard()
        this.#upgrades.handleUpgrade(req, socket, head, (ws) => this.#openFollower(ws, follower))
      },
      refused: (response) => this.#http.refuseUpgrade(socket, response),
    })
  }

  #open(ws: WebSocket, sender: Sender): void {
    const stream = this.#added(ws, () => undefined)
    stream.connection = this.#parts.intake.open(stream, sender)
    ws.on('message', (data, isBinary) => this.#message(stream, data, isBinary))
    ws.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#parts.intake.countTooLong()
    })
  }

  #openFollower(ws: WebSocket, follower: Follower): void {
    const stream = this.#added(ws, () => follower.end())
    ws.on('message', () => (stream.isAlive = true))
    ws.on('error', () => stream.close())
    follower.begin((message) => {
      if (stream.send(message, false) !== SEND_DROPPED) return true
      stream.close()
      return false
    })
  }

  #added(ws: WebSocket, onClosed: () => void): WsSocket {
    const closed = (stream: WsSocket): void => {
      this.#closed(stream)
      onClosed()
    }
    const stream = new WsSocket(ws, this.#parts.limits.replyBufferBytes, closed)
    this.#streams.add(stream)
    ws.on('pong', () => (stream.isAlive = true))
    ws.on('close', () => closed(stream))
    return stream
  }

  #message(stream: WsSocket, data: RawData, isBinary: boolean): void {
    const { connection } = stream
    if (connection === null || connection.socket === null) return
    stream.isAlive = true
    try {
      if (isBinary) this.#parts.intake.binary(connection, messageBytes(data))
      else this.#parts.intake.text(connection, messageBytes(data))
    } catch (error) {
      this.#parts.onError(error)
      stream.end(CLOSE_INTERNAL, 'internal error')
    }
  }

  #closed(stream: WsSocket): void {
    this.#streams.delete(stream)
    if (stream.connection !== null) this.#parts.intake.close(stream.connection)
  }

  #sweep(): void {
    for (const stream of this.#streams) stream.sweep()
  }
}

function createSecureServer(options: ServerOptions, tls: Tls): Server {
  const pair = { key: pemText(tls.key), cert: pemText(tls.cert) }
  try {
    return createTlsServer({ ...options, ...pair })
  } catch (error) {
    throw invalidPair(error)
  }
}
