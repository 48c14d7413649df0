/** A connection that carries binary messages; made of whatever the runtime has. */
export interface Wire {
  readonly send: (bytes: Uint8Array) => void
  /** Bytes handed over that have not left yet. */
  readonly queuedBytes: number
  /** Takes leave; `isBroken`: breaks off, or gets as close to it as the runtime lets us. */
  close(isBroken: boolean): void
}

export interface WireEvents {
  readonly opened: () => void
  readonly message: (bytes: Uint8Array) => void
  /** Once at most, also instead of `opened`; 1006 = broken. May come late or never after `close`. */
  readonly closed: (code: number, reason: string) => void
}

/** `url` names the client already; the token goes where the runtime lets it go. */
export type OpenWire = (url: URL, token: string, events: WireEvents) => Wire

/** The part of a WebSocket that is used: the one of browsers, or of the `ws` package. */
export interface WebSocketLike {
  binaryType: string
  readonly bufferedAmount: number
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
  send(bytes: Uint8Array): void
  close(code?: number, reason?: string): void
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

/** Connections of browsers: they can't set headers, so the token goes into the query. */
export const browserWire =
  (WebSocket: WebSocketConstructor): OpenWire =>
  (url, token, events) => {
    if (token) url.searchParams.set('token', token)
    return wireOf(new WebSocket(url.href, PROTOCOL), events)
  }

export const PROTOCOL = 'millrace.v1'

export function wireOf(socket: WebSocketLike, { opened, message, closed }: WireEvents): Wire {
  let why = ''
  socket.binaryType = 'arraybuffer'
  socket.onopen = opened
  // a text is no reply to us, and is told as what it is by being empty
  socket.onmessage = ({ data }: { data: unknown }) =>
    message(new Uint8Array(data instanceof ArrayBuffer ? data : []))
  socket.onerror = (event: { message?: string }) => (why = event.message ?? '')
  socket.onclose = ({ code, reason }: { code: number; reason: string }) => closed(code, reason || why)
  return {
    get queuedBytes() {
      return socket.bufferedAmount
    },
    send: (bytes) => socket.send(bytes),
    close: () => socket.close(1000),
  }
}
