/** A connection that carries binary messages; made of whatever the runtime has. */
export interface Wire {
  send(bytes: Uint8Array): void
  /** Bytes handed over that have not left yet. */
  readonly queuedBytes: number
  /** Asks for a sign of life; false where that is not possible. */
  ping(): boolean
  /** Takes leave. */
  close(): void
  /** Breaks off, or gets as close to it as the runtime lets us; `closed` may follow late or never. */
  abort(): void
}

export interface WireEvents {
  opened(): void
  message(bytes: Uint8Array): void
  /** A sign of life that is no message. */
  alive(): void
  /** Once at most, also instead of `opened`; 1006 = broken. */
  closed(code: number, reason: string): void
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
  ping?(): void
  terminate?(): void
  on?(event: 'pong', listener: () => void): unknown
}

export type WebSocketConstructor = new (url: string, protocols?: string | string[]) => WebSocketLike

/** That of `ws` takes options besides. */
export type NodeWebSocketConstructor = new (url: string, protocols: string, options: object) => WebSocketLike

const PROTOCOL = 'millrace.v1'

/** Connections of browsers: they can't set headers, so the token goes into the query. */
export const browserWire =
  (WebSocket: WebSocketConstructor): OpenWire =>
  (url, token, events) => {
    if (token !== '') url.searchParams.set('token', token)
    return wireOf(new WebSocket(url.href, PROTOCOL), events)
  }

/** Connections of the `ws` package. */
export const nodeWire =
  (WebSocket: NodeWebSocketConstructor): OpenWire =>
  (url, token, events) => {
    const headers = token === '' ? {} : { authorization: `Bearer ${token}` }
    return wireOf(new WebSocket(url.href, PROTOCOL, { headers, perMessageDeflate: false }), events)
  }

function wireOf(socket: WebSocketLike, events: WireEvents): Wire {
  let why = ''
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => events.opened()
  socket.onmessage = ({ data }: { data: unknown }) => {
    // a text is no reply to us, and is told as what it is by being empty
    events.message(data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array())
  }
  socket.onerror = ({ message = '' }: { message?: string }) => (why = message)
  socket.onclose = ({ code, reason }: { code: number; reason: string }) => events.closed(code, reason || why)
  socket.on?.('pong', () => events.alive())
  return {
    get queuedBytes() {
      return socket.bufferedAmount
    },
    send: (bytes) => socket.send(bytes),
    ping() {
      socket.ping?.()
      return socket.ping !== undefined
    },
    close: () => socket.close(1000),
    abort: () => (socket.terminate ? socket.terminate() : socket.close()),
  }
}
