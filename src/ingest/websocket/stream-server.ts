import type { Clock } from '../../core/clock.ts'
import type { HttpHandler } from '../../core/http.ts'
import type { Intake } from '../frame-intake.ts'
import type { SocketTally } from './socket-tally.ts'

/** What one listener needs; the same for every kind of server. */
export interface StreamServerParts {
  readonly intake: Intake
  readonly limits: ServerLimits
  readonly authenticate: Authenticate
  /** Answers everything that isn't a stream. */
  readonly http: HttpHandler
  readonly tls: Tls | null
  readonly clock: Clock
  /** Listener threads of this process that share the port. */
  readonly listeners: number
  /** What the listeners of this process have open together. */
  readonly tally: SocketTally
  /** Begun and ended around all that may change what is counted. */
  readonly turn: Turn
  /** Told what went wrong in a handler; nothing is thrown at the server. */
  readonly onError: (error: unknown) => void
}

/** A listener on a thread of its own stands still between its turns (memory/agents/turns.ts). */
export interface Turn {
  begin(): void
  end(): void
}

/** For a listener on the thread that takes the census: it never runs at the same time. */
export const FREE_TURN: Turn = { begin: () => undefined, end: () => undefined }

export interface ServerLimits {
  /** Longest message in bytes. */
  readonly frameBytes: number
  /** Longest HTTP body in bytes. */
  readonly bodyBytes: number
  /** Replies a client may leave unread, in bytes, before it is closed. */
  readonly replyBufferBytes: number
  /** A connection that is silent this long, pings included, is closed: 8 to 960 seconds. */
  readonly idleTimeoutSeconds: number
  /** Open streams of the whole process. */
  readonly connections: number
}

/** Names of PEM files, or their text. */
export interface Tls {
  readonly key: string
  readonly cert: string
}

export type Authentication =
  | { readonly tenant: string }
  | { readonly refused: 'unauthorized' | 'forbidden'; readonly message: string }

/** Who may stream: `token` as sent, '' when none was. Never throws. */
export type Authenticate = (token: string, address: string) => Authentication

export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** Listens for streams and HTTP on one port and feeds an intake. */
export interface StreamServer {
  /** The library that does it. */
  readonly kind: 'uWebSockets.js' | 'ws'
  /** Sockets the process has open now, HTTP included. */
  readonly sockets: number
  /** Port 0 = any free one. Fails with MillraceError 'listen-failed'. */
  listen(host: string, port: number): Promise<Endpoint>
  /** Closes every connection at once and frees the port. */
  close(): Promise<void>
}

export const STREAM_PATH = '/v1/stream'
export const SUB_PROTOCOL = 'millrace.v1'
export const CLOSE_INTERNAL = 1011
/** A message up to this many times limits.frameBytes is read, so that it can be answered before the close. */
export const READ_AHEAD = 2
