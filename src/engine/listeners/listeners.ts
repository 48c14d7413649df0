import type { Authentication, Tls } from '../../ingest/websocket/stream-server.ts'
import type { Authenticator } from '../../security/tokens.ts'
import type { HttpHandler } from '../../core/http.ts'
import type { Assembly } from '../assembly.ts'
import type { Listening } from './listener.ts'

/** What listens for an engine: one listener on the main thread, or several on threads of their own. */
export interface Listeners {
  /** Senders wait for answers that the main thread has to give. */
  readonly hasWaiting: boolean
  /** Fails with MillraceError 'listen-failed'; then it is to be closed. */
  listen(): Promise<Listening>
  /** Answers what has been routed. */
  settle(): void
  /** `client@address` of the connection that a frame in a listener's ring came from; '' when it is gone. */
  senderName(ring: number, source: number): string | Promise<string>
  /** Resolves when every frame that comes is refused. */
  beginShutdown(): Promise<void>
  /** Closes every connection with `reason` and refuses what comes from now on; HTTP goes on. */
  giveUp(reason: string): void
  /** Closes every connection and frees the port. */
  close(): Promise<void>
}

export interface ListenersParts {
  readonly assembly: Assembly
  readonly http: HttpHandler
  readonly tls: Tls | null
}

export const SWEEP_EVERY_MS = 5000

/** Whether a token lets its bearer stream. */
export function admitDevice(authenticator: Authenticator, token: string, nowEpochMs: number): Authentication {
  const result = authenticator.authenticate(token, 'device', nowEpochMs)
  if (result.ok) return { tenant: result.tenant }
  return { refused: result.status === 401 ? 'unauthorized' : 'forbidden', message: result.reason }
}
