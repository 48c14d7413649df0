/** HTTP as targets ask of it. */
export interface HttpQuestion {
  readonly method: 'GET' | 'POST' | 'PATCH'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Certificates that are trusted instead of the usual ones; '' = those. */
  readonly ca: string
  /** Whether it may go to private, loopback and link-local addresses. */
  readonly allowPrivate: boolean
  readonly signal: AbortSignal
}

export interface HttpAnswer {
  readonly status: number
  /** As sent; '' if it wasn't. */
  readonly retryAfter: string
  readonly body: string
}

export interface HttpExchange {
  /** Sends it once, follows nothing; rejects if there was no answer. */
  ask(question: HttpQuestion): Promise<HttpAnswer>
}
