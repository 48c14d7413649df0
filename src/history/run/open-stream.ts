import type { PipelineDefinition } from '../../pipelines/definition/definition.ts'
import type { Lookup, Outlet } from '../../pipelines/definition/outside.ts'
import type { Counts } from '../../pipelines/runtime/counts.ts'
import type { Stream } from '../../pipelines/runtime/stream.ts'

export interface StreamParts {
  readonly definition: PipelineDefinition
  readonly outlet: Outlet
  readonly lookup: Lookup
  readonly counts: Counts
  /** Number of the thread, from 1 on. */
  readonly owner: number
  /** What the first thread's `OpenedStream.shared` was; undefined = this is the first one. */
  readonly shared: unknown
}

export interface OpenedStream {
  readonly stream: Stream
  /** Shows slices of a shard one after the other, in one transaction of its state if that holds them. */
  readonly together: (shard: number, slices: readonly number[], show: (slice: number) => void) => void
  /** What other threads open the same pipeline with. */
  readonly shared: unknown
}

export type OpenStream = (parts: StreamParts) => OpenedStream
