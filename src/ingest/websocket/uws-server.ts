import type * as Uws from 'uWebSockets.js'
import { MillraceError, assert } from '../../core/errors.ts'
import { type Connection, SEND_DROPPED, type Sender } from '../connection.ts'
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
} from './stream-server.ts'
import { invalidPair, withTlsFiles } from './tls-files.ts'
import { admit, offers } from './upgrade.ts'
import { UwsHttp, readRequest } from './uws-http.ts'

/** What an upgrade leaves on the socket's object; the connection is made when the socket opens. */
interface StreamData {
  /** Null of one that is sent something instead. */
  readonly sender: Sender | null
  readonly follower: Follower | null
  connection: Connection | null
}

type Socket = Uws.WebSocket<StreamData> & StreamData
type Listen = (host: string, port: number, options: number, done: (socket: unknown) => void) => void

/** The module as it is at run time; its types have this constant in an enum that isn't there. */
export type UwsModule = typeof Uws & { readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number }

const TOO_BIG = 'Received too big message'

/**
 * The µWebSockets server. A handler that throws would abort the process, so each is guarded. Sockets are counted by
 * the app's filter from accept on, those that never send a request included; µWebSockets itself closes these, and
 * senders of endless headers, ten seconds after they connected.
 */
export class UwsServer implements StreamServer {
  readonly kind = 'uWebSockets.js'
  readonly #uws: UwsModule
  readonly #parts: StreamServerParts
  readonly #app: Uws.TemplatedApp
  readonly #http: UwsHttp
  #limit: SocketLimit
  #isClosed = false

  constructor(uws: UwsModule, parts: StreamServerParts) {
    this.#uws = uws
    this.#parts = parts
    this.#http = new UwsHttp(parts)
    this.#limit = socketLimit(parts.limits.connections)
    this.#app = this.#createApp()
    this.#addRoutes()
  }

  get sockets(): number {
    return this.#parts.tally.sockets
  }

  listen(host: string, port: number): Promise<Endpoint> {
    this.#limit = socketLimit(this.#parts.limits.connections)
    const single = this.#parts.listeners === 1
    assert(single || port !== 0, 'listeners share a port only when it is given')
    const options = single ? this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT : 0
    return new Promise((resolve, reject) => {
      ;(this.#app.listen as unknown as Listen).call(this.#app, host, port, options, (socket) => {
        if (socket) resolve({ host, port: this.#uws.us_socket_local_port(socket) })
        else reject(listenFailed(host, port))
      })
    })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#app.close()
  }

  #createApp(): Uws.TemplatedApp {
    const { tls } = this.#parts
    if (tls === null) return this.#uws.App()
    return withTlsFiles(tls, (key, cert) => {
      try {
        return this.#uws.SSLApp({ key_file_name: key, cert_file_name: cert })
      } catch (error) {
        throw invalidPair(error)
      }
    })
  }

  #addRoutes(): void {
    const { limits } = this.#parts
    this.#app.filter((res, change) => this.#guard(() => this.#count(res, Number(change))))
    this.#app.ws<StreamData>('/*', {
      maxPayloadLength: limits.frameBytes * READ_AHEAD,
      idleTimeout: limits.idleTimeoutSeconds,
      maxBackpressure: limits.replyBufferBytes,
      compression: this.#uws.DISABLED,
      upgrade: (res, req, context) => this.#guardRequest(res, () => this.#upgrade(res, req, context)),
      open: (ws) => this.#guard(() => this.#open(ws as Socket)),
      message: (ws, message, isBinary) => this.#message(ws as Socket, message, isBinary),
      close: (ws, _code, reason) => this.#guard(() => this.#closed(ws as Socket, reason)),
    })
    this.#app.any('/*', (res, req) => this.#guardRequest(res, () => this.#request(res, req)))
  }

  #count(res: Uws.HttpResponse, change: number): void {
    const { tally } = this.#parts
    tally.addSockets(change)
    if (change > 0 && tally.sockets > this.#limit.accepted) res.close()
  }

  #upgrade(res: Uws.HttpResponse, req: Uws.HttpRequest, context: Uws.us_socket_context_t): void {
    const head = readRequest(res, req)
    const { authenticate, intake, tally } = this.#parts
    const full = capacityRefusal(this.#limit, tally.streams, tally.sockets)
    if (full !== null) return this.#http.write(res, head.method, full, true)
    if (isFollowed(head.path)) return this.#follow(res, req, context, head)
    const admission = admit(head, authenticate, intake)
    if ('refusal' in admission) return this.#http.write(res, head.method, admission.refusal, true)
    const key = req.getHeader('sec-websocket-key')
    const protocol = offers(req.getHeader('sec-websocket-protocol'), SUB_PROTOCOL) ? SUB_PROTOCOL : ''
    const data: StreamData = { sender: admission.sender, follower: null, connection: null }
    res.upgrade(data, key, protocol, '', context)
  }

  /** The answer may come later: what is needed of the request is read before. */
  #follow(
    res: Uws.HttpResponse,
    req: Uws.HttpRequest,
    context: Uws.us_socket_context_t,
    head: ReturnType<typeof readRequest>,
  ): void {
    const { http, onError } = this.#parts
    const key = req.getHeader('sec-websocket-key')
    let isGone = false
    res.onAborted(() => (isGone = true))
    admitFollower(head, http, onError, {
      opened: (follower) => {
        if (isGone || this.#isClosed) return follower.discard()
        const data: StreamData = { sender: null, follower, connection: null }
        res.cork(() => res.upgrade(data, key, '', '', context))
      },
      refused: (response) => {
        if (!isGone) this.#http.write(res, head.method, response, true)
      },
    })
  }

  #open(ws: Socket): void {
    this.#parts.tally.addStreams(1)
    if (ws.sender !== null) ws.connection = this.#parts.intake.open(ws, ws.sender)
    ws.follower?.begin((message) => {
      if (ws.send(message, false) !== SEND_DROPPED) return true
      ws.close()
      return false
    })
  }

  #message(ws: Socket, message: ArrayBuffer, isBinary: boolean): void {
    const { turn, intake } = this.#parts
    turn.begin()
    try {
      const { connection } = ws
      if (connection === null || connection.socket === null) return
      if (isBinary) intake.binary(connection, message)
      else intake.text(connection, message)
    } catch (error) {
      this.#parts.onError(error)
      this.#guard(() => ws.end(CLOSE_INTERNAL, 'internal error'))
    } finally {
      turn.end()
    }
  }

  #closed(ws: Socket, reason: ArrayBuffer): void {
    this.#parts.tally.addStreams(-1)
    this.#parts.tally.addSockets(-1)
    ws.follower?.end()
    if (ws.connection === null) return
    if (reason.byteLength === TOO_BIG.length && Buffer.from(reason).toString() === TOO_BIG) {
      this.#parts.intake.countTooLong()
    }
    this.#parts.intake.close(ws.connection)
  }

  #request(res: Uws.HttpResponse, req: Uws.HttpRequest): void {
    const full = capacityRefusal(this.#limit, 0, this.#parts.tally.sockets)
    if (full === null || isAlwaysServed(req.getUrl())) return this.#http.handle(res, req)
    this.#http.write(res, req.getCaseSensitiveMethod(), full, true)
  }

  /** µWebSockets aborts the process as well when a request is left without an answer. */
  #guardRequest(res: Uws.HttpResponse, handle: () => void): void {
    try {
      handle()
    } catch (error) {
      this.#parts.onError(error)
      this.#guard(() => res.close())
    }
  }

  #guard(handle: () => void): void {
    const { turn } = this.#parts
    turn.begin()
    try {
      handle()
    } catch (error) {
      this.#parts.onError(error)
    } finally {
      turn.end()
    }
  }
}

/** µWebSockets doesn't say why. */
const listenFailed = (host: string, port: number): MillraceError => {
  const reason = 'the port is in use, may not be used, or the address is not one of this machine'
  return new MillraceError('listen-failed', `cannot listen on ${host}:${port}: ${reason}`, { host, port })
}
