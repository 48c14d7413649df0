/** A connection that carries binary messages: what WebSockets of any runtime have in common. */
export interface Wire {
  send(bytes: Uint8Array): void
  /** Bytes handed over that have not left yet. */
  readonly bufferedAmount: number
  /** Takes leave. */
  close(code: number): void
  /** Breaks off, where the runtime lets us. */
  terminate?(): void
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
export interface WebSocketLike extends Wire {
  binaryType: string
  onopen: ((event: never) => void) | null
  onmessage: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
  onclose: ((event: never) => void) | null
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

export function wireOf(socket: WebSocketLike, events: WireEvents): Wire {
  let why = ''
  socket.binaryType = 'arraybuffer'
  socket.onopen = events.opened
  // a text is no reply to us, and is told as what it is by being empty
  socket.onmessage = ({ data }: { data: unknown }) =>
    events.message(new Uint8Array(typeof data === 'string' ? [] : (data as ArrayBuffer)))
  socket.onerror = (event: { message?: string }) => (why = event.message ?? '')
  socket.onclose = ({ code, reason }: { code: number; reason: string }) => events.closed(code, reason || why)
  return socket
}
