import type { HttpRequest, HttpResponse } from '../../core/http.ts'
import type { FromListener, ToListener } from './messages.ts'

/** A listener thread's HTTP: requests go to the main thread, what it answers comes back, streams piece by piece. */
export class ForwardedHttp {
  readonly #post: (message: FromListener) => void
  readonly #waiting = new Map<number, (response: HttpResponse) => void>()
  readonly #streams = new Map<number, (chunk: string) => void>()
  #requests = 0

  constructor(post: (message: FromListener) => void) {
    this.#post = post
  }

  readonly handle = (request: HttpRequest): Promise<HttpResponse> => {
    const id = ++this.#requests
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve)
      this.#post({ kind: 'request', id, request })
    })
  }

  answered({ id, response, streams }: ToListener & { readonly kind: 'response' }): void {
    const resolve = this.#waiting.get(id)
    this.#waiting.delete(id)
    resolve?.(streams ? { ...response, stream: (write) => this.#follow(id, write) } : response)
  }

  write(id: number, chunk: string): void {
    this.#streams.get(id)?.(chunk)
  }

  #follow(id: number, write: (chunk: string) => void): () => void {
    this.#streams.set(id, write)
    this.#post({ kind: 'follow', id })
    return () => {
      this.#streams.delete(id)
      this.#post({ kind: 'leave', id })
    }
  }
}
