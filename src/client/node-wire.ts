import type { Clock } from '../core/clock.ts'
import { PROTOCOL, wireOf, type OpenWire, type WebSocketLike } from './wire.ts'

/** What a WebSocket of the `ws` package can do besides. */
export interface NodeWebSocket extends WebSocketLike {
  ping(): void
  terminate(): void
  on(event: 'pong', listener: () => void): unknown
}

export type NodeWebSocketConstructor = new (url: string, protocols: string, options: object) => NodeWebSocket

export interface NodeWireTimes {
  readonly clock: Clock
  /** Silence after which a sign of life is asked for, and the time it may take. */
  readonly pingMs: number
  readonly replyTimeoutMs: number
}

const BROKEN = 1006

/** Connections of the `ws` package: the token goes into a header, and a dead one is noticed without anything to send. */
export const nodeWire =
  (WebSocket: NodeWebSocketConstructor, times: NodeWireTimes): OpenWire =>
  (url, token, events) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    const socket = new WebSocket(url.href, PROTOCOL, { headers, perMessageDeflate: false })
    const watch = new SilenceWatch(socket, times, (reason) => events.closed(BROKEN, reason))
    const wire = wireOf(socket, {
      opened() {
        watch.begin()
        events.opened()
      },
      message(bytes) {
        watch.heard()
        events.message(bytes)
      },
      closed(code, reason) {
        watch.end()
        events.closed(code, reason)
      },
    })
    return wire
  }

/** Asks for a pong when nothing has come for a while, and tells when there is none. */
class SilenceWatch {
  readonly #socket: NodeWebSocket
  readonly #times: NodeWireTimes
  readonly #silent: (reason: string) => void
  #heardMs = 0
  #queuedBytes = 0
  #end: () => void = () => undefined

  constructor(socket: NodeWebSocket, times: NodeWireTimes, silent: (reason: string) => void) {
    this.#socket = socket
    this.#times = times
    this.#silent = silent
    socket.on('pong', () => this.heard())
  }

  begin(): void {
    const { clock, pingMs, replyTimeoutMs } = this.#times
    this.heard()
    this.#end = clock.every(Math.min(pingMs, replyTimeoutMs) / 2, () => this.#look())
  }

  heard(): void {
    this.#heardMs = this.#times.clock.nowMs()
  }

  end(): void {
    this.#end()
  }

  #look(): void {
    const { clock, pingMs, replyTimeoutMs } = this.#times
    const { bufferedAmount } = this.#socket
    // a slow line that moves is no dead one
    if (bufferedAmount < this.#queuedBytes) this.heard()
    this.#queuedBytes = bufferedAmount
    const silentMs = clock.nowMs() - this.#heardMs
    if (silentMs >= pingMs + replyTimeoutMs) this.#silent(`no pong within ${replyTimeoutMs} ms`)
    else if (silentMs >= pingMs) this.#socket.ping()
  }
}
