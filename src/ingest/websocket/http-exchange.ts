import type { HttpHandler, HttpRequest, HttpResponse } from '../../core/http.ts'
import { errorResponse } from './responses.ts'
import type { SocketLimit } from './socket-limit.ts'

/** Paths that are served even when the listener is out of sockets. */
const ALWAYS_SERVED = new Set(['/metrics', '/healthz'])

export const isAlwaysServed = (path: string): boolean => ALWAYS_SERVED.has(path)

/** Written at once and while nothing happens, so that no idle timeout ends a stream of events. */
export const SSE_COMMENT = ': \n\n'
export const SSE_KEEP_ALIVE_MS = 5_000

/** The member of a request, where there is anything in the header. */
export const lastEventIdOf = (header: string): { readonly lastEventId?: string } =>
  header === '' ? {} : { lastEventId: header }

/** Asks the handler; a handler that throws is a fault of the engine and becomes a 500. */
export function respond(
  handler: HttpHandler,
  request: HttpRequest,
  onError: (error: unknown) => void,
): HttpResponse | Promise<HttpResponse> {
  const failed = (error: unknown): HttpResponse => {
    onError(error)
    return errorResponse('internal', 'the request failed; see the log of the engine')
  }
  try {
    const answer = handler(request)
    return answer instanceof Promise ? answer.catch(failed) : answer
  } catch (error) {
    return failed(error)
  }
}

/** Whose answer it was has gone: what a stream of events may already hold for them is given back. */
export function discard(response: HttpResponse): void {
  response.stream?.(() => undefined)()
}

export const tooLarge = (bodyBytes: number): HttpResponse =>
  errorResponse('too-large', `the body is longer than limits.bodyBytes (${bodyBytes})`)

/** The answer to a stream or request there is no room for, or null. */
export function capacityRefusal(limit: SocketLimit, streams: number, sockets: number): HttpResponse | null {
  const retry = { 'Retry-After': '5' }
  if (sockets > limit.answered) {
    return errorResponse('at-capacity', `the process has its ${limit.answered} sockets (ulimit -n)`, retry)
  }
  if (streams < limit.streams) return null
  return errorResponse('at-capacity', `the server has its ${limit.streams} streams`, retry)
}

/** Gathers a body up to a limit; what is beyond it is not kept. */
export class BodyReader {
  isTooLarge = false
  readonly #limit: number
  readonly #chunks: Uint8Array[] = []
  #bytes = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Copies the chunk: µWebSockets takes its memory back when the callback returns. */
  add(chunk: ArrayBuffer | Uint8Array): void {
    this.#bytes += chunk.byteLength
    if (this.#bytes > this.#limit) this.isTooLarge = true
    else if (chunk.byteLength > 0) {
      this.#chunks.push(chunk instanceof Uint8Array ? chunk.slice() : new Uint8Array(chunk.slice(0)))
    }
  }

  body(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}
