import type { HttpHandler, HttpRequest, HttpResponse } from '../../core/http.ts'
import type { ToListener } from './messages.ts'

type Stream = NonNullable<HttpResponse['stream']>

/** Answers the HTTP requests that one listener thread forwards. */
export class HttpDesk {
  readonly #handle: HttpHandler
  readonly #post: (message: ToListener) => void
  /** Streams whose client has not begun to follow them. */
  readonly #offered = new Map<number, Stream>()
  readonly #followed = new Map<number, () => void>()
  #isClosed = false

  constructor(handle: HttpHandler, post: (message: ToListener) => void) {
    this.#handle = handle
    this.#post = post
  }

  request(id: number, request: HttpRequest): void {
    const answer = this.#handle(request)
    if (answer instanceof Promise) void answer.then((response) => this.#answer(id, response))
    else this.#answer(id, answer)
  }

  #answer(id: number, { stream, ...response }: HttpResponse): void {
    // its thread has ended meanwhile
    if (this.#isClosed) return
    if (stream !== undefined) this.#offered.set(id, stream)
    this.#post({ kind: 'response', id, response, streams: stream !== undefined })
  }

  follow(id: number): void {
    const start = this.#offered.get(id)
    this.#offered.delete(id)
    if (start === undefined) return
    this.#followed.set(
      id,
      start((chunk) => this.#post({ kind: 'chunk', id, chunk })),
    )
  }

  leave(id: number): void {
    this.#followed.get(id)?.()
    this.#followed.delete(id)
  }

  /** The thread has ended, and its clients with it. */
  close(): void {
    this.#isClosed = true
    this.#offered.clear()
    for (const id of [...this.#followed.keys()]) this.leave(id)
  }
}
