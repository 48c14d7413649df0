/**
 * What a sink is: somewhere outside that items of a pipeline are handed on to. A sink is opened without a word to the
 * outside, gets one batch at a time, in order, and says what became of it. Waiting, trying again, keeping what it
 * cannot take yet and counting are done for all sinks alike (delivery.ts, buffer/).
 */
import type { z } from 'zod'
import type { Clock } from '../core/clock.ts'
import type { SinkRecord } from './record.ts'
import type { SinkDisk } from './disk.ts'
import type { PipelineStreams } from './stream/pipeline-streams.ts'
import type { Poster } from './webhook/poster.ts'

export interface Sink {
  /**
   * Hands the batch on; resolves when the outside has all of it. Rejects with a SinkRefusal if these items will not be
   * taken however often they are offered, with anything else if they can be offered again. `signal` = stop trying.
   */
  write(batch: readonly SinkRecord[], signal: AbortSignal): Promise<void>
  /** Makes what was written safe. */
  flush(): Promise<void>
  close(): Promise<void>
  /** Its own figures besides those that all sinks have. */
  figures(): Readonly<Record<string, number>>
}

/** What a batch holds at most, and how long it waits to be full. */
export interface BatchShape {
  readonly items: number
  readonly bytes: number
  readonly waitMs: number
}

/** The world as sinks see it. */
export interface SinkPorts {
  readonly clock: Clock
  readonly disk: SinkDisk
  readonly poster: Poster
  readonly streams: PipelineStreams
  /** Writes to standard output; resolves when it is written. */
  readonly print: (text: string) => Promise<void>
  readonly results: ResultPort
  readonly env: (name: string) => string | undefined
  /** Takes a file for one sink; throws `conflict` if another one has it. Returns what gives it back. */
  readonly claimFile: (path: string) => () => void
}

/** A pipeline's result for the embedding program. */
export interface SinkResult {
  /** The same when it is told again. */
  readonly id: string
  readonly pipeline: string
  readonly node: string
  /** Milliseconds since the epoch. */
  readonly time: number
  readonly item: unknown
}

export interface ResultPort {
  /** False: nobody listens, and results wait. */
  isHeard(): boolean
  /** May throw or reject, which costs the result. */
  tell(result: SinkResult): unknown
}

/** Which pipeline's node the sink is of. */
export interface SinkPlace {
  readonly pipeline: string
  readonly node: string
}

/** One way to hand items on: its options and how it is opened. */
export interface SinkKind<Schema extends z.ZodType = z.ZodType> {
  readonly type: string
  readonly schema: Schema
  batch(spec: z.output<Schema>): BatchShape
  open(spec: z.output<Schema>, ports: SinkPorts, place: SinkPlace): Sink
}

/** These items will not be taken as they are; a part of them might be. */
export class SinkRefusal extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SinkRefusal'
  }
}

/** Nothing can be taken now; `retryAfterMs` = the receiver said when. */
export class SinkDown extends Error {
  readonly retryAfterMs: number

  constructor(message: string, retryAfterMs = 0) {
    super(message)
    this.name = 'SinkDown'
    this.retryAfterMs = retryAfterMs
  }
}
