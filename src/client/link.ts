import { fullJitter } from './backoff.ts'
import { BROKEN, DONE } from './limits.ts'
import type { Settings } from './options.ts'
import type { OpenWire, Wire } from './wire.ts'

export interface LinkEvents {
  readonly opened: () => void
  /** True for an answer that only a working server gives: the next failure is the first again. */
  readonly message: (bytes: Uint8Array) => boolean
  readonly closed: (code: number, reason: string, retryInMs: number) => void
}

export interface Link {
  readonly isOpen: () => boolean
  send(bytes: Uint8Array): void
  /** Breaks the connection off and opens another one. */
  readonly drop: (reason: string) => void
  close(): void
}

/**
 * One connection at a time, opened again and again until the link is closed. Events of a former one are not heard.
 * `name` is asked for each time; `owed` is what has been sent and not answered.
 */
export function newLink(
  settings: Settings,
  openWire: OpenWire,
  name: () => string,
  owed: ReadonlySet<unknown>,
  events: LinkEvents,
): Link {
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
  const drop = (reason: string) => ended(BROKEN, reason)

  function open(): void {
    const mine = ++generation
    const ifMine =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) => {
        if (mine === generation) act(...args)
      }
    const dial = ifMine((token: string) => {
      const address = new URL(url)
      address.searchParams.set('client', name())
      wire = openWire(address, token, {
        opened: ifMine(opened),
        message: ifMine(message),
        closed: ifMine(ended),
      })
    })
    cancel = clock.after(connectTimeoutMs, () => drop(`no connection within ${connectTimeoutMs} ms`))
    settings
      .token()
      .then(dial)
      .catch(ifMine(({ message }: Error) => drop(message)))
  }

  function opened(): void {
    cancel()
    isOpen = true
    cancel = clock.every(replyTimeoutMs / 4, watch)
    events.opened()
  }

  function message(bytes: Uint8Array): void {
    owedFromNow()
    if (events.message(bytes)) attempt = 0
  }

  function watch(): void {
    const before = queuedBytes
    queuedBytes = wire!.bufferedAmount
    // a slow line that moves is no dead one
    if (queuedBytes < before || !owed.size) owedFromNow()
    else if (clock.nowMs() - owedSinceMs >= replyTimeoutMs) drop(`no answer within ${replyTimeoutMs} ms`)
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
    if (isBroken && wire?.terminate) wire.terminate()
    else wire?.close(DONE)
    wire = null
    isOpen = false
  }

  open()
  return {
    isOpen: () => isOpen,
    send(bytes) {
      if (!owed.size) owedFromNow()
      wire!.send(bytes)
    },
    drop,
    close: () => leave(!isOpen),
  }
}
