import type { HttpRequest as UwsRequest, HttpResponse as UwsResponse } from 'uWebSockets.js'
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

const text = new TextDecoder()

/** What must be read of a request before its callback returns. */
export function readRequest(res: UwsResponse, req: UwsRequest): Omit<HttpRequest, 'body'> {
  return {
    method: req.getCaseSensitiveMethod(),
    path: req.getUrl(),
    query: req.getQuery() || '',
    authorization: req.getHeader('authorization'),
    ...lastEventIdOf(req.getHeader('last-event-id')),
    address: plainAddress(text.decode(res.getRemoteAddressAsText())),
  }
}

/** Carries HTTP requests of one µWebSockets app to the handler and its responses back. */
export class UwsHttp {
  readonly #parts: StreamServerParts

  constructor(parts: StreamServerParts) {
    this.#parts = parts
  }

  handle(res: UwsResponse, req: UwsRequest): void {
    const head = readRequest(res, req)
    const hasBody = Number(req.getHeader('content-length')) > 0 || req.getHeader('transfer-encoding') !== ''
    if (hasBody) this.#readBody(res, head)
    else this.#answer(res, { ...head, body: new Uint8Array(0) })
  }

  /** Writes a response that is complete; `close` ends the connection behind it. */
  write(res: UwsResponse, method: string, response: HttpResponse, close: boolean): void {
    res.cork(() => {
      writeHead(res, response)
      if (method === 'HEAD') endHead(res, response)
      else res.end(response.body, close)
    })
  }

  #readBody(res: UwsResponse, head: Omit<HttpRequest, 'body'>): void {
    const { bodyBytes } = this.#parts.limits
    const reader = new BodyReader(bodyBytes)
    let isOver = false
    res.onAborted(() => (isOver = true))
    res.onData((chunk, isLast) => {
      if (isOver) return
      reader.add(chunk)
      isOver = isLast || reader.isTooLarge
      if (reader.isTooLarge) this.write(res, head.method, tooLarge(bodyBytes), true)
      else if (isLast) this.#answer(res, { ...head, body: reader.body() })
    })
  }

  #answer(res: UwsResponse, request: HttpRequest): void {
    const answer = respond(this.#parts.http, request, this.#parts.onError)
    if (answer instanceof Promise) this.#await(res, request.method, answer)
    else this.#carry(res, request.method, answer)
  }

  /** µWebSockets takes the response away from a client that goes, and aborts the process if it is used then. */
  #await(res: UwsResponse, method: string, answer: Promise<HttpResponse>): void {
    let isGone = false
    res.onAborted(() => (isGone = true))
    answer
      .then((response) => (isGone ? discard(response) : this.#carry(res, method, response)))
      .catch(this.#parts.onError)
  }

  #carry(res: UwsResponse, method: string, response: HttpResponse): void {
    if (response.stream === undefined || method === 'HEAD') this.write(res, method, response, false)
    else this.#stream(res, response, response.stream)
  }

  #stream(res: UwsResponse, response: HttpResponse, start: NonNullable<HttpResponse['stream']>): void {
    let isOpen = true
    let unread = 0
    const write = (chunk: string): void => {
      if (!isOpen) return
      res.cork(() => {
        if (!res.write(chunk)) unread += chunk.length
      })
      if (unread > this.#parts.limits.replyBufferBytes) res.close()
    }
    res.onWritable(() => {
      unread = 0
      return true
    })
    res.cork(() => {
      writeHead(res, response)
      res.write(response.body === '' ? SSE_COMMENT : response.body)
    })
    const endKeepAlive = this.#parts.clock.every(SSE_KEEP_ALIVE_MS, () => write(SSE_COMMENT))
    const stop = start(write)
    res.onAborted(() => {
      isOpen = false
      endKeepAlive()
      stop()
    })
  }
}

function writeHead(res: UwsResponse, response: HttpResponse): void {
  res.writeStatus(statusLine(response.status)).writeHeader('Content-Type', response.contentType)
  for (const [name, value] of Object.entries(response.headers ?? {})) res.writeHeader(name, value)
}

/** Told a length, endWithoutBody would wait for a body of that length; so the header is written by hand. */
function endHead(res: UwsResponse, response: HttpResponse): void {
  res.writeHeader('Content-Length', String(Buffer.byteLength(response.body)))
  res.endWithoutBody()
}
