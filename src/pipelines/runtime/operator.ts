import type { Origin } from '../definition/outside.ts'
import type { ShardState } from '../state/shard-state.ts'

/** An item on its way through the stages behind the fused ones. */
export interface Envelope {
  readonly item: unknown
  readonly origin: Origin
  /** The item without the fields that it `lacks`, which cost looking up: for functions that read none of them. */
  readonly brief?: object
  readonly lacks?: readonly string[] | undefined
}

export type Emit = (envelope: Envelope) => void

/** Where a stage works: one shard's state, which nobody else touches meanwhile. */
export interface ShardScope {
  /** 0 … 63; COMBINED where groups of all shards are put together. */
  readonly shard: number
  readonly state: ShardState
  /** No reading that comes now is older, unless it is late; −Infinity before the first reading. */
  readonly watermark: number
}

export const COMBINED = 64

/**
 * A stage behind the fused ones. What it changes in `state` is undone when anything behind it throws or its worker dies
 * before the slice is done (ShardState keeps an undo log), so that a slice can be tried again.
 */
export interface Operator {
  push(envelope: Envelope, scope: ShardScope, out: Emit): void
  /** The watermark has moved: what waited for time. True: this is to be kept before any other stage does something. */
  advance?(scope: ShardScope, out: Emit): boolean | void
}
