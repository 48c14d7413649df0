import type { OpenWire } from '../client/wire.ts'
import type { Clock } from '../core/clock.ts'
import type { MillraceError } from '../core/errors.ts'
import type { Tally } from './tally.ts'
import { openWebSocket, type WebSocketClient } from './websocket-client.ts'
import { headerBytes } from './websocket-framing.ts'

/** The connections of the load generator, for the client library; counts their bytes. */
export class ClientWires {
  /** Why the latest connection could not be opened. */
  failure: MillraceError | null = null
  readonly #tally: Tally
  readonly #clock: Clock
  #closing: Promise<void> = Promise.resolve()

  constructor(tally: Tally, clock: Clock) {
    this.#tally = tally
    this.#clock = clock
  }

  /** Resolves when the last connection has taken leave. */
  get closed(): Promise<void> {
    return this.#closing
  }

  readonly open: OpenWire = (url, token, events) => {
    let client: WebSocketClient | null = null
    let isAborted = false
    const taken = (opened: WebSocketClient) => {
      client = opened
      if (isAborted) client.abort()
      else events.opened()
    }
    const failed = (error: MillraceError) => {
      this.failure = error
      events.closed(1006, error.message)
    }
    const heard = {
      onMessage: (message: Buffer) => events.message(message),
      onClose: (code: number) => events.closed(code, ''),
    }
    openWebSocket(url, token, heard, this.#clock).then(taken, failed)
    return {
      get bufferedAmount() {
        return client?.queuedBytes ?? 0
      },
      send: (bytes) => {
        this.#tally.bytes += headerBytes(bytes.length) + bytes.length
        client!.sendMessage(bytes)
      },
      close: () => {
        this.#closing = client!.close()
      },
      terminate() {
        isAborted = true
        client?.abort()
      },
    }
  }
}
