import type { WindowArena } from './arena.ts'

/** Accumulators that another shard hands over. */
export interface Contribution {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
  readonly start: number
  readonly shard: number
  /** Grows with each contribution of this shard to this pane; older ones are not taken again. */
  readonly sequence: number
  readonly arena: WindowArena
  readonly at: number
}
