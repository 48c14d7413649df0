import type { PatternCondition, PatternSkip, PatternStep, TakeStep } from '../definition/pattern-spec.ts'
import type { StageOptions } from './draft.ts'
import { inMs } from './draft.ts'
import type { Duration } from './duration.ts'
import type { KeyParts } from './keys.ts'
import type { Keyed } from './stage-types.ts'

type Flat<T> = { readonly [P in keyof T]: T[P] }
/** A name that is not taken. */
type Fresh<Name extends string, Match> = Name extends keyof Match | 'start' | 'end' ? never : Name
/** Items under one name each. */
type Taken<Name extends PropertyKey, Item> = { readonly [P in Name]: Item }
type Lists<Last, Item> = { readonly [P in keyof Last]: readonly Item[] }
/** A list is empty instead of missing. */
type Perhaps<Last> = {
  readonly [P in keyof Last]: Last[P] extends readonly unknown[] ? Last[P] : Last[P] | undefined
}

type Test<Item> = (item: Item) => boolean
/** Sees what the match has so far, and under the step's own name a list of what that has taken. */
type Given<Item, Match, Name extends string> = (
  item: Item,
  soFar: Flat<Match & Taken<Name, readonly Item[]>>,
) => boolean
type Tests<Item> = Readonly<Record<string, Test<Item>>>

declare const MATCH: unique symbol

type Which<Item> = readonly [name: string | Tests<Item>, test?: Test<Item>, given?: PatternCondition['given']]

/** Steps of a pattern, of which any may be the last. */
export interface Steps<Match = unknown> {
  readonly steps: readonly PatternStep[]
  readonly [MATCH]?: Match
}

/** Up to so many items is “one or more”. */
const ONE_OR_MORE = 1000

/** How a pattern begins. */
export class PatternBegin<Item> {
  /** The first item of a match: one for which `test` is true, or any of several tests by name. */
  begin<const Name extends string>(
    name: Fresh<Name, unknown>,
    test: Test<Item>,
    given?: Given<Item, unknown, Name>,
  ): Pattern<Item, unknown, Taken<Name, Item>>
  begin<const Any extends Tests<Item>>(
    any: Any & Tests<Item>,
  ): Pattern<Item, unknown, Taken<keyof Any, Item | undefined>>
  begin(...which: Which<Item>): Pattern<Item, unknown, never> {
    return new Pattern<Item, unknown, never>([takeStep('followed-by', which)])
  }
}

/** Behind a step that forbids: what may come next. */
export class PatternGap<Item, Match> {
  readonly #steps: readonly PatternStep[]

  /** @internal */
  constructor(steps: readonly PatternStep[]) {
    this.#steps = steps
  }

  /** The very next item of the key. */
  next<const Name extends string>(
    name: Fresh<Name, Match>,
    test: Test<Item>,
    given?: Given<Item, Match, Name>,
  ): Pattern<Item, Match, Taken<Name, Item>>
  next<const Any extends Tests<Item>>(
    any: Any & Tests<Item>,
  ): Pattern<Item, Match, Taken<keyof Any, Item | undefined>>
  next(...which: Which<Item>): Pattern<Item, Match, never> {
    return this.#take('next', which)
  }

  /** The next such item of the key, whatever lies between. */
  followedBy<const Name extends string>(
    name: Fresh<Name, Match>,
    test: Test<Item>,
    given?: Given<Item, Match, Name>,
  ): Pattern<Item, Match, Taken<Name, Item>>
  followedBy<const Any extends Tests<Item>>(
    any: Any & Tests<Item>,
  ): Pattern<Item, Match, Taken<keyof Any, Item | undefined>>
  followedBy(...which: Which<Item>): Pattern<Item, Match, never> {
    return this.#take('followed-by', which)
  }

  /** Each such item of the key that comes in time: a match for each. */
  followedByAny<const Name extends string>(
    name: Fresh<Name, Match>,
    test: Test<Item>,
    given?: Given<Item, Match, Name>,
  ): Pattern<Item, Match, Taken<Name, Item>>
  followedByAny<const Any extends Tests<Item>>(
    any: Any & Tests<Item>,
  ): Pattern<Item, Match, Taken<keyof Any, Item | undefined>>
  followedByAny(...which: Which<Item>): Pattern<Item, Match, never> {
    return this.#take('followed-by-any', which)
  }

  #take(after: TakeStep['after'], which: Which<Item>): Pattern<Item, Match, never> {
    return new Pattern<Item, Match, never>([...this.#steps, takeStep(after, which)])
  }
}

/** A pattern so far: `Match` is what the steps before the last have taken, `Last` what that has. */
export class Pattern<Item, Match, Last>
  extends PatternGap<Item, Flat<Match & Last>>
  implements Steps<Flat<Match & Last>>
{
  declare readonly [MATCH]?: Flat<Match & Last>
  readonly steps: readonly PatternStep[]

  /** @internal */
  constructor(steps: readonly PatternStep[]) {
    super(steps)
    this.steps = steps
  }

  /** The step takes so many items, or between `least` and `most`; the match has a list. */
  times(least: number, most = least): Pattern<Item, Match, Lists<Last, Item>> {
    return this.#with({ least, most, isList: true })
  }

  /** The step takes any number of items up to 1,000, and at least one; the match has a list. */
  oneOrMore(): Pattern<Item, Match, Lists<Last, Item>> {
    return this.times(1, ONE_OR_MORE)
  }

  /** The step may be left out. */
  optional(): Pattern<Item, Match, Perhaps<Last>> {
    return this.#with({ isOptional: true })
  }

  /** The step takes an item that a later one could take too. At the end it waits for more until the time is up. */
  greedy(): this {
    return this.#with({ isGreedy: true }) as unknown as this
  }

  /** No other item of the key lies between those of the step. */
  consecutive(): this {
    return this.#with({ isConsecutive: true }) as unknown as this
  }

  /** The very next item must not be such a one. */
  notNext<const Name extends string>(
    name: Fresh<Name, Match & Last>,
    test: Test<Item>,
    given?: Given<Item, Match & Last, Name>,
  ): PatternGap<Item, Flat<Match & Last>> {
    return new PatternGap(this.#not('next', name, test, given, undefined))
  }

  /** No such item may come before the next step. At the end: for so long after the last item, or until the time is up. */
  notFollowedBy<const Name extends string>(
    name: Fresh<Name, Match & Last>,
    test: Test<Item>,
    options?: { readonly given?: Given<Item, Match & Last, Name>; readonly for?: Duration },
  ): NotFollowed<Item, Flat<Match & Last>> {
    const { given, for: duration } = options ?? {}
    const forMs = duration === undefined ? undefined : inMs(duration)
    return new NotFollowed(this.#not('followed-by', name, test, given, forMs))
  }

  #not(
    after: 'next' | 'followed-by',
    name: string,
    test: Test<Item>,
    given: unknown,
    forMs: number | undefined,
  ): readonly PatternStep[] {
    const condition = { name, test, given: given as PatternCondition['given'] }
    return [...this.steps, { kind: 'not', after, ...condition, forMs }]
  }

  #with<Out>(change: Partial<TakeStep>): Pattern<Item, Match, Out> {
    const last = this.steps[this.steps.length - 1] as TakeStep
    return new Pattern<Item, Match, Out>([...this.steps.slice(0, -1), { ...last, ...change }])
  }
}

/** Behind `notFollowedBy`, which can be the end. */
class NotFollowed<Item, Match> extends PatternGap<Item, Match> implements Steps<Match> {
  declare readonly [MATCH]?: Match
  readonly steps: readonly PatternStep[]

  constructor(steps: readonly PatternStep[]) {
    super(steps)
    this.steps = steps
  }
}

function takeStep<Item>(after: TakeStep['after'], [name, test, given]: Which<Item>): TakeStep {
  const any =
    typeof name === 'object'
      ? Object.entries(name).map(([key, one]) => ({ name: key, test: one, given: undefined }))
      : [{ name, test: test as PatternCondition['test'], given }]
  const once = { least: 1, most: 1, isOptional: false, isGreedy: false, isConsecutive: false, isList: false }
  return { kind: 'take', after, any, ...once }
}

/** What a pattern gives: items by the names of its steps, the key's parts, start and end (ms). */
export type PatternMatch<Match, K> = Flat<
  Match & KeyParts<K> & { readonly start: number; readonly end: number }
>

/** A partial match: what it has taken before its time was up, which is its `end`. */
export type PartialMatch<Match, K> = PatternMatch<Perhaps<Match>, K>

export type PatternOptions<Default, K, Match> = StageOptions &
  Keyed<Default, K> & {
    /** From the first item of a match to its last. */
    readonly within?: Duration
    /** What becomes of other partial matches of the key when one is complete. Default: `past-last`. */
    readonly skip?:
      | 'no-skip'
      | 'to-next'
      | 'past-last'
      | { readonly toFirst: keyof Match & string }
      | { readonly toLast: keyof Match & string }
    /** Partial matches of a key at a time (64), and what gives way beyond that (`drop-oldest`). */
    readonly partials?: { readonly most?: number; readonly whenFull?: 'drop-oldest' | 'refuse-new' }
  }

/** Anything is taken as it is; the check says what it should have been. */
export function skipOf(skip: unknown): PatternSkip {
  if (typeof skip === 'object' && skip !== null && 'toFirst' in skip)
    return { to: 'first', step: skip.toFirst as string }
  if (typeof skip === 'object' && skip !== null && 'toLast' in skip)
    return { to: 'last', step: skip.toLast as string }
  return { to: skip } as PatternSkip
}
