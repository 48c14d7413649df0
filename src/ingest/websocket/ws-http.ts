import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { HttpRequest, HttpResponse } from '../../core/http.ts'
import {
  BodyReader,
  discard,
  lastEventIdOf,
  SSE_COMMENT,
  SSE_KEEP_ALIVE_MS,
  respond,
  tooLarge,
} from './http-exchange.ts'
import { statusLine } from './responses.ts'
import type { StreamServerParts } from './stream-server.ts'
import { plainAddress } from './upgrade.ts'

export function requestHead(req: IncomingMessage): Omit<HttpRequest, 'body'> {
  const url = req.url ?? '/'
  const mark = url.indexOf('?')
  return {
    method: req.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    authorization: req.headers.authorization ?? '',
    ...lastEventIdOf(String(req.headers['last-event-id'] ?? '')),
    address: plainAddress(req.socket.remoteAddress ?? ''),
  }
}

/** Carries HTTP requests of node:http to the handler and its responses back. */
export class WsHttp {
  readonly #parts: StreamServerParts

  constructor(parts: StreamServerParts) {
    this.#parts = parts
  }

  handle(req: IncomingMessage, res: ServerResponse): void {
    const { bodyBytes } = this.#parts.limits
    const reader = new BodyReader(bodyBytes)
    const head = requestHead(req)
    req.on('data', (chunk: Buffer) => {
      if (reader.isTooLarge) return
      reader.add(chunk)
      if (reader.isTooLarge) this.write(res, head.method, tooLarge(bodyBytes), true)
    })
    req.on('end', () => {
      if (!reader.isTooLarge) this.#answer(req, res, { ...head, body: reader.body() })
    })
    req.on('error', () => res.destroy())
  }

  /** Writes a response that is complete; `close` ends the connection behind it. */
  write(res: ServerResponse, method: string, response: HttpResponse, close: boolean): void {
    const length = { 'Content-Length': Buffer.byteLength(response.body) }
    const connection = close ? { Connection: 'close' } : {}
    res.writeHead(response.status, { ...headersOf(response), ...length, ...connection })
    res.end(method === 'HEAD' ? undefined : response.body)
  }

  /** Answers an upgrade that is refused, where there is no response object. */
  refuseUpgrade(socket: Duplex, response: HttpResponse): void {
    const headers = { ...headersOf(response), 'Content-Length': Buffer.byteLength(response.body) }
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `HTTP/1.1 ${statusLine(response.status)}\r\n${lines.join('')}Connection: close\r\n\r\n`
    socket.end(head + response.body)
  }

  #answer(req: IncomingMessage, res: ServerResponse, request: HttpRequest): void {
    const answer = respond(this.#parts.http, request, this.#parts.onError)
    if (!(answer instanceof Promise)) return this.#carry(req, res, answer)
    answer
      .then((response) => (res.destroyed ? discard(response) : this.#carry(req, res, response)))
      .catch(this.#parts.onError)
  }

  #carry(req: IncomingMessage, res: ServerResponse, response: HttpResponse): void {
    const method = req.method ?? 'GET'
    if (response.stream === undefined || method === 'HEAD') this.write(res, method, response, false)
    else this.#stream(req, res, response, response.stream)
  }

  #stream(
    req: IncomingMessage,
    res: ServerResponse,
    response: HttpResponse,
    start: NonNullable<HttpResponse['stream']>,
  ): void {
    const write = (chunk: string): void => {
      if (res.destroyed) return
      res.write(chunk)
      if (res.writableLength > this.#parts.limits.replyBufferBytes) req.socket.destroy()
    }
    res.writeHead(response.status, headersOf(response))
    write(response.body === '' ? SSE_COMMENT : response.body)
    const endKeepAlive = this.#parts.clock.every(SSE_KEEP_ALIVE_MS, () => write(SSE_COMMENT))
    const stop = start(write)
    res.on('close', () => {
      endKeepAlive()
      stop()
    })
  }
}

const headersOf = (response: HttpResponse): Record<string, string> => ({
  'Content-Type': response.contentType,
  ...response.headers,
})
