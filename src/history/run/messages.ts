import type { Tier } from '../../core/tiers.ts'
import type { KnownDevice } from '../device-list.ts'
import type { AnomalyOrder } from '../anomalies/anomaly-order.ts'
import type { AnomalyNote } from '../anomalies/anomaly-scan.ts'
import type { Chunk, Format, Input } from '../input/chunk.ts'
import type { ScannedChunk } from '../scan/chunk-reading.ts'
import type { FieldNames } from '../scan/columns.ts'
import type { LineBatch } from './line-batch.ts'

/** What a thread is started with. */
export interface ThreadOrder {
  readonly share: number
  readonly shares: number
  /** Module of the pipeline. */
  readonly url: string
  readonly formats: readonly Format[]
  readonly fields: FieldNames
  readonly devices: readonly KnownDevice[]
  /** The engine's dictionary, for binary inputs: id and name. */
  readonly dictionary: readonly (readonly [number, string])[]
  readonly metrics: readonly string[]
  readonly defaultTier: Tier
  readonly untilMs: number
  readonly fromMs: number
  readonly toMs: number
  readonly latenessMs: number | undefined
  /** Given: readings are scored, and anomalies are told. */
  readonly anomalies?: AnomalyOrder | undefined
  /** The only topic whose lines are wanted. */
  readonly topic: string | undefined
  /** What state the threads share; as the runtime gave it to the first one. */
  readonly shared: unknown
}

/** A part of a chunk, for the thread that has its shards. Ids of metrics and regions are those of the run. */
export interface PartOrder {
  readonly kind: 'take'
  readonly chunk: number
  readonly records: ArrayBuffer
  readonly heads: readonly number[]
  /** The thread that has read it. */
  readonly reader: number
  /** By that thread's number. */
  readonly metricIds: Uint16Array
  readonly regionIds: Uint8Array
  /** New to it since the chunk of its before, in the order of its numbers. */
  readonly deviceIds: Float64Array
  /** New in the run since the chunk before. */
  readonly metrics: readonly string[]
  readonly regions: readonly string[]
  readonly devices: ScannedChunk['devices']
  /** The latest event time in this chunk and those before it. */
  readonly latest: number
}

export type Order =
  | { readonly kind: 'scan'; readonly chunk: number; readonly input: number; readonly place: Chunk }
  | PartOrder
  | { readonly kind: 'combine'; readonly chunk: number; readonly watermark: number }
  /** There is no more: every window closes. */
  | { readonly kind: 'finish'; readonly chunk: number; readonly latest: number }
  | { readonly kind: 'end' }

export interface Outcome {
  readonly lines: LineBatch
  readonly results: number
  readonly alerts: number
  readonly derived: number
  readonly deadLetters: number
  /** The first few. */
  readonly letters: readonly string[]
  readonly anomalies?: readonly AnomalyNote[]
}

export type Report =
  | { readonly kind: 'ready'; readonly shared: unknown }
  | ({ readonly kind: 'scanned'; readonly chunk: number } & ScannedChunk)
  /** `floor`: no result from this thread's own groups is earlier from now on, unless it is late. */
  | ({ readonly kind: 'taken'; readonly chunk: number; readonly floor: number } & Outcome)
  | ({ readonly kind: 'combined'; readonly chunk: number } & Outcome)
  | { readonly kind: 'ended'; readonly late: number }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }

export interface RunFault {
  readonly input: string
  /** Line, frame or record, from 1 on. */
  readonly number: number
  readonly unit: Input['unit']
  readonly message: string
}
