import { fullJitter } from './backoff.ts'
import type { Settings } from './options.ts'
import type { OpenWire, Wire } from './wire.ts'

export interface LinkEvents {
  /** What the server is to know the client by; asked each time. */
  readonly name: () => string
  /** Whether an answer is owed; a frame that is being sent doesn't count yet. */
  readonly isOwed: () => boolean
  readonly opened: () => void
  readonly message: (bytes: Uint8Array) => void
  readonly closed: (code: number, reason: string, retryInMs: number) => void
}

export interface Link {
  readonly isOpen: () => boolean
  send(bytes: Uint8Array): void
  /** An answer came that only a working server gives: the next failure is the first again. */
  proved(): void
  /** Breaks the connection off and opens another one. */
  readonly drop: (reason: string) => void
  close(): void
}

const BROKEN = 1006

/** One connection at a time, opened again and again until the link is closed. Events of a former one are not heard. */
export function newLink(settings: Settings, openWire: OpenWire, events: LinkEvents): Link {
  const { url, clock, connectTimeoutMs, replyTimeoutMs } = settings
  let wire: Wire | null = null
  let isOpen = false
  let attempt = 0
  /** Rises with each connection and each end of one. */
  let generation = 0
  let cancel: () => void
  let owedSinceMs = 0
  let queuedBytes = 0

  const owedFromNow = () => void (owedSinceMs = clock.nowMs())

  function open(): void {
    const mine = ++generation
    const ifMine =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) => {
        if (mine === generation) act(...args)
      }
    const closed = ifMine(ended)
    const failed = (reason: string) => closed(BROKEN, reason)
    cancel = clock.after(connectTimeoutMs, () => failed(`no connection within ${connectTimeoutMs} ms`))
    const address = new URL(url)
    address.searchParams.set('client', events.name())
    const dial = ifMine((token: string) => {
      wire = openWire(address, token, { opened: ifMine(opened), message: ifMine(message), closed })
    })
    settings
      .token()
      .then(dial)
      .catch((error: Error) => failed(error.message))
  }

  function opened(): void {
    cancel()
    isOpen = true
    cancel = clock.every(replyTimeoutMs / 4, watch)
    events.opened()
  }

  function message(bytes: Uint8Array): void {
    owedFromNow()
    events.message(bytes)
  }

  function watch(): void {
    const before = queuedBytes
    queuedBytes = wire!.queuedBytes
    // a slow line that moves is no dead one
    if (queuedBytes < before || !events.isOwed()) owedFromNow()
    else if (clock.nowMs() - owedSinceMs >= replyTimeoutMs) drop(`no answer within ${replyTimeoutMs} ms`)
  }

  function drop(reason: string): void {
    ended(BROKEN, reason)
  }

  function ended(code: number, reason: string): void {
    const waitMs = fullJitter(settings.reconnectMs, settings.reconnectMaxMs, attempt++, settings.random)
    leave(code === BROKEN)
    cancel = clock.after(waitMs, open)
    events.closed(code, reason, waitMs)
  }

  function leave(isBroken: boolean): void {
    generation++
    cancel()
    wire?.close(isBroken)
    wire = null
    isOpen = false
  }

  open()
  return {
    isOpen: () => isOpen,
    send(bytes) {
      if (!events.isOwed()) owedFromNow()
      wire!.send(bytes)
    },
    proved() {
      attempt = 0
    },
    drop,
    close: () => leave(!isOpen),
  }
}
