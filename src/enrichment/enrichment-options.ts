import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { EnrichNode } from '../pipelines/definition/definition.ts'
import type { Origin, PipelineDeadLetter } from '../pipelines/definition/outside.ts'
import type { Backoff } from './backoff.ts'

export interface EnrichmentOptions {
  readonly node: Omit<EnrichNode, 'kind' | 'inputs'>
  /** Items here at a time: waiting, being tried, or done and waiting for an earlier one of their key. */
  readonly queueItems: number
  /** Which item goes where the policy says when there is no room: the new one, or the one that waits longest. */
  readonly whenFull: 'refuse-new' | 'evict-oldest'
  readonly backoff: Backoff
  /** Items with the same one keep their order. */
  readonly keyOf: (item: unknown, origin: Origin) => string | number
  readonly clock: Clock
  readonly random: Random
  readonly onItem: (item: Readonly<Record<string, unknown>>, origin: Origin) => void
  readonly onDeadLetter: (letter: PipelineDeadLetter) => void
}

/** Counted since the start, except the first four. */
export interface EnrichmentFigures {
  /** Items that are here. */
  items: number
  waiting: number
  running: number
  /** Between two tries. */
  pausing: number
  enriched: number
  fallbacks: number
  retries: number
  timeouts: number
  /** Items that went where the policy says: all tries failed, or there was no room. */
  failed: number
  /** Of these: there was no room. */
  refused: number
}
