import type { HttpHandler, HttpRequest, HttpResponse } from '../../core/http.ts'
import { discard, respond } from './http-exchange.ts'

/** WebSockets that are sent something: whether one is opened, the HTTP handler says. */
const FOLLOWED = /^\/v1\/pipelines\/[^/]+\/stream$/

export const isFollowed = (path: string): boolean => FOLLOWED.test(path)

type Start = NonNullable<HttpResponse['stream']>

/** Asks the handler whether the WebSocket is to be opened; otherwise it is refused with what the handler says. */
export function admitFollower(
  head: Omit<HttpRequest, 'body' | 'isUpgrade'>,
  http: HttpHandler,
  onError: (error: unknown) => void,
  decide: { opened(follower: Follower): void; refused(response: HttpResponse): void },
): void {
  const asked = { ...head, body: new Uint8Array(0), isUpgrade: true }
  const answered = (response: HttpResponse): void => {
    if (response.isSocket === true && response.stream !== undefined)
      return decide.opened(new Follower(response.stream))
    discard(response)
    decide.refused(response)
  }
  const answer = respond(http, asked, onError)
  if (answer instanceof Promise) answer.then(answered).catch(onError)
  else answered(answer)
}

/** One who is sent messages over a WebSocket. What such a one sends is not listened to. */
export class Follower {
  readonly #start: Start
  #stop: (() => void) | undefined
  #isOver = false

  constructor(start: Start) {
    this.#start = start
  }

  /** `send` says false when too much is unread already, and has ended the connection then. */
  begin(send: (message: string) => boolean): void {
    const stop = this.#start((message) => {
      if (!this.#isOver && !send(message)) this.#isOver = true
    })
    if (this.#isOver) stop()
    else this.#stop = stop
  }

  /** There is no connection for it any more. */
  discard(): void {
    this.#start(() => undefined)()
  }

  /** The connection has ended. */
  end(): void {
    this.#isOver = true
    this.#stop?.()
    this.#stop = undefined
  }
}
