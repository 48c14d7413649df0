import type { ErrorCode } from '../../core/errors.ts'
import type { HttpRequest, HttpResponse } from '../../core/http.ts'
import type { PartRefusal } from '../../ingest/part-refusals.ts'
import type { QuarantineEntry } from '../../ingest/quarantine-entry.ts'
import type { Endpoint, Tls } from '../../ingest/websocket/stream-server.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { ListenerConfig } from './listener.ts'

/** What a listener thread is given at its start. */
export interface ListenerRecipe {
  readonly memory: WebAssembly.Memory
  readonly plan: MemoryPlan
  readonly ring: number
  readonly config: ListenerConfig
  readonly tls: Tls | null
  readonly mailbox: SharedArrayBuffer
  readonly partRefusals: readonly PartRefusal[]
}

/** A name of which only the main thread knows the number. */
export interface NameQuestion {
  readonly kind: 'name'
  readonly number: number
  readonly of: 'device' | 'metric'
  readonly name: string
}

/** What a listener thread says to the main thread; `id` = the number of an HTTP request or of a question. */
export type FromListener =
  | { readonly kind: 'listening'; readonly endpoint: Endpoint }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly message: string }
  | NameQuestion
  | { readonly kind: 'request'; readonly id: number; readonly request: HttpRequest }
  | { readonly kind: 'follow'; readonly id: number }
  | { readonly kind: 'leave'; readonly id: number }
  | { readonly kind: 'quarantine'; readonly entries: readonly QuarantineEntry[] }
  | { readonly kind: 'sender'; readonly id: number; readonly name: string }
  /** A client's frame was taken in part: the other listeners, and the next checkpoint, are to know. */
  | { readonly kind: 'partRefusal'; readonly refusal: PartRefusal }
  | { readonly kind: 'failure'; readonly error: unknown }
  | { readonly kind: 'warning'; readonly message: string }
  | { readonly kind: 'refusing' }

/** What the main thread says to a listener thread. */
export type ToListener =
  | {
      readonly kind: 'response'
      readonly id: number
      readonly response: Omit<HttpResponse, 'stream'>
      readonly streams: boolean
    }
  | { readonly kind: 'chunk'; readonly id: number; readonly chunk: string }
  | { readonly kind: 'sender'; readonly id: number; readonly source: number }
  | { readonly kind: 'partRefusal'; readonly refusal: PartRefusal }
  | { readonly kind: 'shutDown' }
  | { readonly kind: 'giveUp'; readonly reason: string }
  | { readonly kind: 'close' }
