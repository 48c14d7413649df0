import type * as Uws from 'uWebSockets.js'
import { MillraceError, assert } from '../../core/errors.ts'
import type { Connection, Sender } from '../connection.ts'
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
  readonly sender: Sender
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
  #sockets = 0
  #streams = 0
  #isClosed = false

  constructor(uws: UwsModule, parts: StreamServerParts) {
    this.#uws = uws
    this.#parts = parts
    this.#http = new UwsHttp(parts)
    this.#limit = socketLimit(parts.limits.connections, parts.listeners)
    this.#app = this.#createApp()
    this.#addRoutes()
  }

  get sockets(): number {
    return this.#sockets
  }

  listen(host: string, port: number): Promise<Endpoint> {
    this.#limit = socketLimit(this.#parts.limits.connections, this.#parts.listeners)
    const single = this.#parts.listeners === 1
    assert(single || port !== 0, 'listeners share a port only when it is given')
    const options = single ? this.#uws.LIBUS_LISTEN_EXCLUSIVE_PORT : 0
    return new Promise((resolve, reject) => {
      ;(this.#app.listen as unknown as Listen).call(this.#app, host, port, options, (socket) => {
        if (socket) resolve({ host, port: this.#uws.us_socket_local_port(socket) })
        else reject(new MillraceError('listen-failed', `cannot listen on ${host}:${port}`, { host, port }))
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
    this.#sockets += change
    if (change > 0 && this.#sockets > this.#limit.accepted) res.close()
  }

  #upgrade(res: Uws.HttpResponse, req: Uws.HttpRequest, context: Uws.us_socket_context_t): void {
    const head = readRequest(res, req)
    const full = capacityRefusal(this.#limit, this.#streams, this.#sockets)
    if (full !== null) return this.#http.write(res, head.method, full, true)
    const { authenticate, intake } = this.#parts
    const admission = admit(head, authenticate, intake)
    if ('refusal' in admission) return this.#http.write(res, head.method, admission.refusal, true)
    const key = req.getHeader('sec-websocket-key')
    const protocol = offers(req.getHeader('sec-websocket-protocol'), SUB_PROTOCOL) ? SUB_PROTOCOL : ''
    const data: StreamData = { sender: admission.sender, connection: null }
    res.upgrade(data, key, protocol, '', context)
  }

  #open(ws: Socket): void {
    this.#streams++
    ws.connection = this.#parts.intake.open(ws, ws.sender)
  }

  #message(ws: Socket, message: ArrayBuffer, isBinary: boolean): void {
    try {
      const { connection } = ws
      if (connection === null || connection.socket === null) return
      if (isBinary) this.#parts.intake.binary(connection, message)
      else this.#parts.intake.text(connection, message)
    } catch (error) {
      this.#parts.onError(error)
      this.#guard(() => ws.end(CLOSE_INTERNAL, 'internal error'))
    }
  }

  #closed(ws: Socket, reason: ArrayBuffer): void {
    this.#streams--
    this.#sockets--
    if (ws.connection === null) return
    if (reason.byteLength === TOO_BIG.length && Buffer.from(reason).toString() === TOO_BIG) {
      this.#parts.intake.countTooLong()
    }
    this.#parts.intake.close(ws.connection)
  }

  #request(res: Uws.HttpResponse, req: Uws.HttpRequest): void {
    const full = capacityRefusal(this.#limit, 0, this.#sockets)
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
    try {
      handle()
    } catch (error) {
      this.#parts.onError(error)
    }
  }
}
