import net from 'node:net'
import { WebSocket, type ClientOptions } from 'ws'
import { systemClock } from '../../src/core/clock.ts'
import type { HttpHandler, HttpRequest } from '../../src/core/http.ts'
import { loadUws } from '../../src/ingest/websocket/open-server.ts'
import type {
  Endpoint,
  ServerLimits,
  StreamServer,
  StreamServerParts,
  Tls,
} from '../../src/ingest/websocket/stream-server.ts'
import { FREE_TURN } from '../../src/ingest/websocket/stream-server.ts'
import { SocketTally } from '../../src/ingest/websocket/socket-tally.ts'
import { UwsServer } from '../../src/ingest/websocket/uws-server.ts'
import { WsServer } from '../../src/ingest/websocket/ws-server.ts'
import {
  intakeFixture,
  plainReply,
  type Fixture,
  type FixtureOptions,
  type PlainReply,
} from './intake-fixture.ts'

export type Kind = StreamServer['kind']

export interface ServerOptions extends FixtureOptions {
  readonly server?: Partial<ServerLimits>
  readonly tls?: Tls
  readonly http?: HttpHandler
  readonly port?: number
  readonly listeners?: number
  /** Frames are routed and answered by themselves; true unless said otherwise. */
  readonly routes?: boolean
}

export interface Running extends Fixture {
  readonly server: StreamServer
  readonly endpoint: Endpoint
  readonly requests: HttpRequest[]
  readonly errors: unknown[]
  readonly url: string
  close(): Promise<void>
}

/** Parts of a server; tokens: none or `good` (tenant acme) may stream, `other` is forbidden. */
export function serverParts(options: ServerOptions = {}): {
  parts: StreamServerParts
  fixture: Fixture
  requests: HttpRequest[]
  errors: unknown[]
} {
  const fixture = intakeFixture({ ...options, clock: options.clock ?? systemClock() })
  const requests: HttpRequest[] = []
  const errors: unknown[] = []
  const parts: StreamServerParts = {
    intake: fixture.intake,
    limits: {
      frameBytes: 1 << 20,
      bodyBytes: 4096,
      replyBufferBytes: 64 * 1024,
      idleTimeoutSeconds: 8,
      connections: 1000,
      ...options.server,
    },
    authenticate: (token) =>
      token === 'other'
        ? { refused: 'forbidden', message: 'this token may not stream' }
        : token === '' || token === 'good'
          ? { tenant: token === 'good' ? 'acme' : '' }
          : { refused: 'unauthorized', message: 'unknown token' },
    http: (request) => {
      requests.push(request)
      return options.http?.(request) ?? plain(request)
    },
    tls: options.tls ?? null,
    clock: systemClock(),
    listeners: options.listeners ?? 1,
    tally: new SocketTally(new Int32Array(2), 0, 4),
    turn: FREE_TURN,
    onError: (error) => errors.push(error),
  }
  return { parts, fixture, requests, errors }
}

/** A server on a free port with an intake behind it. */
export async function startServer(kind: Kind, options: ServerOptions = {}): Promise<Running> {
  const { parts, fixture, requests, errors } = serverParts(options)
  const server = await createServer(kind, parts)
  const endpoint = await server.listen('127.0.0.1', options.port ?? 0)
  const route = (): void => {
    fixture.consumer.route()
    fixture.intake.settle()
  }
  const timer = options.routes === false ? null : setInterval(route, 1)
  return {
    ...fixture,
    server,
    endpoint,
    requests,
    errors,
    url: `${options.tls === undefined ? 'ws' : 'wss'}://127.0.0.1:${endpoint.port}/v1/stream`,
    async close() {
      if (timer !== null) clearInterval(timer)
      await server.close()
    },
  }
}

async function createServer(kind: Kind, parts: StreamServerParts): Promise<StreamServer> {
  if (kind === 'ws') return WsServer.open(parts)
  const uws = await loadUws()
  if (uws instanceof Error) throw uws
  return new UwsServer(uws, parts)
}

const plain = (request: HttpRequest): ReturnType<HttpHandler> => ({
  status: 200,
  contentType: 'text/plain',
  body: `${request.method} ${request.path} ${request.body.length}`,
})

/** A client that collects replies. */
export class Client {
  readonly ws: WebSocket
  readonly closed: Promise<number>
  readonly #replies: PlainReply[] = []
  readonly #forms: boolean[] = []
  #wake: () => void = () => undefined

  constructor(url: string, options: ClientOptions = {}, protocols: string[] = []) {
    this.ws = new WebSocket(url, protocols, {
      perMessageDeflate: false,
      rejectUnauthorized: false,
      ...options,
    })
    this.ws.on('message', (data: Buffer, isBinary) => {
      this.#replies.push(plainReply(isBinary ? Uint8Array.from(data) : data.toString()))
      this.#forms.push(isBinary)
      this.#wake()
    })
    this.ws.on('error', () => undefined)
    this.closed = new Promise((resolve) => this.ws.on('close', resolve))
  }

  /** Resolves when open; rejects with the status of a refused upgrade. */
  opened(): Promise<this> {
    return new Promise((resolve, reject) => {
      this.ws.on('open', () => resolve(this))
      this.ws.on('error', reject)
    })
  }

  send(message: Uint8Array | string): void {
    this.ws.send(message)
  }

  /** The next reply. */
  async reply(): Promise<PlainReply> {
    while (this.#replies.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve))
    this.#forms.shift()
    return this.#replies.shift()!
  }

  get pending(): number {
    return this.#replies.length
  }
}

export const connect = (running: Running, query = '', options?: ClientOptions): Promise<Client> =>
  new Client(running.url + query, options).opened()

/** Sends raw bytes; collects what comes back until the other side closes or `ms` pass. */
export function rawExchange(
  port: number,
  text: string,
  ms = 30_000,
): Promise<{ text: string; closed: boolean }> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    let received = ''
    const finish = (closed: boolean): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text: received, closed })
    }
    const timer = setTimeout(() => finish(false), ms)
    socket.on('data', (data) => (received += data.toString('latin1')))
    socket.on('close', () => finish(true))
    socket.on('error', () => finish(true))
  })
}

export const UPGRADE = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'

/** An open raw WebSocket: for frames no client library would send. */
export function rawStream(port: number): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(UPGRADE('/v1/stream')))
    socket.once('data', (data) =>
      data.toString().startsWith('HTTP/1.1 101') ? resolve(socket) : reject(new Error(data.toString())),
    )
    socket.on('error', () => undefined)
  })
}

/** A masked client frame (mask 0) with the given first byte. */
export function clientFrame(firstByte: number, payload: Uint8Array): Buffer {
  const header = payload.length < 126 ? Buffer.alloc(6) : Buffer.alloc(8)
  header[0] = firstByte
  if (payload.length < 126) header[1] = 0x80 | payload.length
  else {
    header[1] = 0x80 | 126
    header.writeUInt16BE(payload.length, 2)
  }
  return Buffer.concat([header, payload])
}

export const until = async (condition: () => boolean, ms = 60_000): Promise<void> => {
  const clock = systemClock()
  const end = clock.nowMs() + ms
  while (!condition()) {
    if (clock.nowMs() > end) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
