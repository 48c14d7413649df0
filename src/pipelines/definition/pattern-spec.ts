import type { Predicate } from './functions.ts'

/** Looks at what the match has so far: by step an item, or a list of them; under its own step's name a list. */
export type Given = (item: never, soFar: never) => boolean

export interface PatternCondition {
  /** What the item is called in the match. */
  readonly name: string
  /** Looks at the item alone: asked once for each, before anything is looked up. */
  readonly test: Predicate
  /** Asked when a partial match waits for such an item. */
  readonly given: Given | undefined
}

/** Items that a match is made of: `least` to `most` of those for which one of the conditions holds. */
export interface TakeStep {
  readonly kind: 'take'
  /** Whether other items may lie before it (`followed-by`), or also such items (`followed-by-any`). */
  readonly after: 'next' | 'followed-by' | 'followed-by-any'
  readonly any: readonly PatternCondition[]
  readonly least: number
  readonly most: number
  /** It may be left out. */
  readonly isOptional: boolean
  /** It takes an item that a later step could take as well. */
  readonly isGreedy: boolean
  /** No other item may lie between its own. */
  readonly isConsecutive: boolean
  /** The match has a list. */
  readonly isList: boolean
}

/** What must not come between the step before and the one behind; at the end: for `forMs`, or until the match's time is up. */
export interface NotStep {
  readonly kind: 'not'
  readonly after: 'next' | 'followed-by'
  readonly name: string
  readonly test: Predicate
  readonly given: Given | undefined
  readonly forMs: number | undefined
}

export type PatternStep = TakeStep | NotStep

/** What becomes of other partial matches of the key when one is complete. */
export type PatternSkip =
  | { readonly to: 'no-skip' | 'to-next' | 'past-last' }
  | { readonly to: 'first' | 'last'; readonly step: string }
