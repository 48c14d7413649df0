import type { PipelineDefinition, StageNode, WindowNode } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import type { ReadingBlock } from '../definition/reading-block.ts'
import type { KeyEncoder } from '../keys/key-encoder.ts'
import type { PatternRows } from '../patterns/pattern-rows.ts'
import type { KeyedRows } from '../runtime/keyed-rows.ts'
import type { Envelope } from '../runtime/operator.ts'
import type { CompiledPattern } from './compiled-pattern.ts'
import type { Fingerprint } from './fingerprint.ts'
import type { PipelinePlan } from './plan.ts'

/**
 * A definition ready to run in one thread: `run` does everything that is fused, from a block of readings to the windows'
 * rows and to items. What is behind that is told as a graph (`stages` and `consumers`) for the runtime to set up its operators by.
 */
export interface CompiledPipeline {
  readonly definition: PipelineDefinition
  readonly plan: PipelinePlan
  readonly fingerprint: Fingerprint
  /** Nodes that are not fused, inputs first. */
  readonly stages: readonly StageNode[]
  /** By node (or SOURCE): what gets its items. Of fused nodes without the fused ones and the fused windows behind them. */
  readonly consumers: ReadonlyMap<string, readonly Consumer[]>
  readonly windows: ReadonlyMap<string, CompiledWindow>
  readonly patterns: ReadonlyMap<string, CompiledPattern>
  /** Of every stage that has a key, windows included. */
  readonly keys: ReadonlyMap<string, KeyEncoder>
  /** Shows a block to all that is fused. Order: that of the block, for each output. */
  run(block: ReadingBlock, output: FusedOutput): void
  /** A row of the block as the item that stages see, as after the fused nodes that lead to `node` (SOURCE: as it came). */
  envelopeAt(block: ReadingBlock, row: number, node: string): Envelope
}

export interface Consumer {
  readonly node: string
  /** Which of the node's inputs it is. */
  readonly input: number
}

export interface FusedOutput {
  /** All rows of the block for a window; `rows` is used again for the next block. */
  rows(window: string, rows: KeyedRows): void
  /** The rows of the block that a pattern may want, likewise. */
  matching(pattern: string, rows: PatternRows): void
  /** An item that has left the fused node (or SOURCE) for its `consumers`. */
  item(from: string, envelope: Envelope): void
  /** A user function threw over a row: the row goes no further there. */
  error(node: string, row: number, error: unknown): void
}

/** Column of KeyedRows.inputs; equal ones are shared by the aggregates over them. */
export interface InputColumn {
  /** What numbers stand for: themselves, names to be looked up, or hashes of texts (`distinct` only). */
  readonly kind: 'number' | 'device' | 'metric' | 'region' | 'tier' | 'hash'
}

export interface CompiledWindow {
  readonly node: WindowNode
  /** Its rows come from `run`; otherwise from items, by `take`. */
  readonly isFused: boolean
  /** Groups of several shards, put together in COMBINED. */
  readonly isCombined: boolean
  readonly key: KeyEncoder
  /** `late` nodes: what was too late for this window goes to their consumers. */
  readonly late: readonly string[]
  readonly columns: readonly InputColumn[]
  /** The columns of each aggregate: one; of correlation and regression x and y. `count` without an input: a column of ones. */
  readonly inputs: Readonly<Record<string, readonly number[]>>
  /** Up to BLOCK_ROWS rows of items; `take` adds one and returns false when there was no room (then hand on and empty). */
  readonly rows: KeyedRows
  take(envelope: Envelope): boolean
  /**
   * A result as stages see it: the aggregates' values (in their order) as the window made them, with the numbers of `top` as names where
   * they stand for some, the key's parts, start, end, revision, early.
   */
  result(
    key: { readonly low: number; readonly high: number; readonly text: string | undefined },
    times: {
      readonly start: number
      readonly end: number
      readonly revision: number
      readonly early: boolean
    },
    values: readonly unknown[],
    lookup: Lookup,
  ): Envelope
}
