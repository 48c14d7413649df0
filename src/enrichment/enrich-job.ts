import type { Origin } from '../pipelines/definition/outside.ts'

/** An item on its way through an `enrich` stage. */
export interface EnrichJob {
  readonly item: unknown
  readonly origin: Origin
  readonly key: string | number
  /** Tries that have failed. */
  failures: number
  /** Set when it is decided what becomes of the item; told in the order of its key. */
  outcome: EnrichOutcome | undefined
}

export type EnrichOutcome =
  | { readonly type: 'enriched'; readonly item: Readonly<Record<string, unknown>> }
  /** It goes where the stage's policy says. */
  | { readonly type: 'failed'; readonly cause: string }

/** The item with the answer in a field. */
export function enriched(item: unknown, as: string, value: unknown): EnrichOutcome {
  if (typeof item !== 'object' || item === null || Array.isArray(item))
    return { type: 'failed', cause: `the item is no object, it can't have a field "${as}"` }
  return { type: 'enriched', item: { ...item, [as]: value } }
}
