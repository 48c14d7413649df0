/** An HTTP request and response as plain data, so that any server (or a listener on another thread) can carry them. */
export interface HttpRequest {
  readonly method: string
  /** Path without the query, still percent-encoded. */
  readonly path: string
  /** Query string without the `?`. */
  readonly query: string
  /** Value of the Authorization header, or ''. */
  readonly authorization: string
  /** Remote address as text. */
  readonly address: string
  readonly body: Uint8Array
  /** Value of the Last-Event-ID header, if it was sent. */
  readonly lastEventId?: string
  /** It asks for a WebSocket. */
  readonly isUpgrade?: boolean
}

export interface HttpResponse {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>>
  /** Present for server-sent events: called once with a writer; returns what to do when the client goes. */
  readonly stream?: (write: (chunk: string) => void) => () => void
  /** What `stream` writes are messages for the WebSocket that was asked for. */
  readonly isSocket?: boolean
}

/** Answers one request, at once or later; never throws: errors become responses. */
export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>
