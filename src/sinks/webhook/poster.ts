/** The network as webhooks ask of it. */
export interface Post {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  /** Whether it may go to private, loopback and link-local addresses. */
  readonly allowPrivate: boolean
  readonly signal: AbortSignal
}

export interface PostAnswer {
  readonly status: number
  /** As sent; '' if it wasn't. */
  readonly retryAfter: string
}

export interface Poster {
  /** Sends it once, follows nothing; rejects if there was no answer. */
  post(post: Post): Promise<PostAnswer>
  close(): void
}
