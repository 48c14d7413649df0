import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import { fullJitter } from './backoff.ts'
import type { OpenWire, Wire } from './wire.ts'

export interface LinkTimes {
  /** Bound of the first wait before connecting again, and of the longest. */
  readonly reconnectMs: number
  readonly reconnectMaxMs: number
  /** For the connection to be there, token included. */
  readonly connectTimeoutMs: number
  /** Without an answer although one is owed. */
  readonly replyTimeoutMs: number
  readonly pingMs: number
}

export interface LinkParts {
  readonly openWire: OpenWire
  /** Where to connect to, and with what token; asked each time. */
  readonly address: () => Promise<{ readonly url: URL; readonly token: string }>
  readonly clock: Clock
  readonly random: Random
  readonly times: LinkTimes
  /** Whether an answer is owed. */
  readonly isOwed: () => boolean
  readonly opened: () => void
  readonly message: (bytes: Uint8Array) => void
  readonly closed: (code: number, reason: string, retryInMs: number) => void
}

const BROKEN = 1006

/** One connection at a time, opened again and again until the link is closed. Events of a former one are not heard. */
export class Link {
  readonly #parts: LinkParts
  #wire: Wire | null = null
  #isOpen = false
  #isClosed = false
  #attempt = 0
  /** Rises with each connection and each end of one. */
  #generation = 0
  #cancel: () => void = () => undefined
  /** Last sign of life, and since when an answer may be owed. */
  #heardMs = 0
  #owedSinceMs = 0
  #queuedBytes = 0

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  open(): void {
    const { times, clock, address, openWire } = this.#parts
    const generation = ++this.#generation
    const isMine = () => generation === this.#generation
    const ended = (code: number, reason: string) => isMine() && this.#ended(code, reason)
    this.#cancel = clock.after(times.connectTimeoutMs, () =>
      ended(BROKEN, `no connection within ${times.connectTimeoutMs} ms`),
    )
    address()
      .then(({ url, token }) => {
        if (!isMine()) return
        this.#wire = openWire(url, token, {
          opened: () => isMine() && this.#opened(),
          message: (bytes) => isMine() && this.#message(bytes),
          alive: () => isMine() && this.#heard(),
          closed: ended,
        })
      })
      .catch((error: Error) => ended(BROKEN, error.message))
  }

  /** `isFirst`: no other answer is owed. */
  send(bytes: Uint8Array, isFirst: boolean): void {
    if (isFirst) this.#owedSinceMs = this.#parts.clock.nowMs()
    this.#wire!.send(bytes)
  }

  /** An answer came that only a working server gives: the next failure is the first again. */
  proved(): void {
    this.#attempt = 0
  }

  /** Breaks the connection off and opens another one. */
  drop(reason: string): void {
    if (!this.#isClosed) this.#ended(BROKEN, reason)
  }

  close(): void {
    this.#isClosed = true
    this.#generation++
    this.#cancel()
    if (this.#isOpen) this.#wire?.close()
    else this.#wire?.abort()
    this.#isOpen = false
  }

  #opened(): void {
    const { clock, times, opened } = this.#parts
    this.#cancel()
    this.#isOpen = true
    this.#heard()
    this.#cancel = clock.every(Math.min(times.pingMs, times.replyTimeoutMs) / 2, () => this.#watch())
    opened()
  }

  #message(bytes: Uint8Array): void {
    this.#heard()
    this.#owedSinceMs = this.#heardMs
    this.#parts.message(bytes)
  }

  #heard(): void {
    this.#heardMs = this.#parts.clock.nowMs()
  }

  #watch(): void {
    const { clock, times, isOwed } = this.#parts
    const { replyTimeoutMs, pingMs } = times
    const wire = this.#wire!
    const nowMs = clock.nowMs()
    // a slow line that moves is no dead one
    if (wire.queuedBytes < this.#queuedBytes) this.#owedSinceMs = this.#heardMs = nowMs
    this.#queuedBytes = wire.queuedBytes
    if (isOwed() && nowMs - this.#owedSinceMs >= replyTimeoutMs)
      return this.drop(`no answer within ${replyTimeoutMs} ms`)
    const silentMs = nowMs - this.#heardMs
    if (silentMs < pingMs) return
    if (wire.ping() && silentMs >= pingMs + replyTimeoutMs) this.drop(`no pong within ${replyTimeoutMs} ms`)
  }

  #ended(code: number, reason: string): void {
    const { clock, times, random, closed } = this.#parts
    const wire = this.#wire
    this.#generation++
    this.#cancel()
    this.#wire = null
    this.#isOpen = false
    const waitMs = fullJitter(times.reconnectMs, times.reconnectMaxMs, this.#attempt++, random)
    this.#cancel = clock.after(waitMs, () => this.open())
    if (code === BROKEN) wire?.abort()
    closed(code, reason, waitMs)
  }
}
