import type { AlertNode } from '../definition/definition.ts'
import type { Aggregate, ResultOf } from './aggregates.ts'
import type { StageOptions } from './draft.ts'
import type { Duration } from './duration.ts'
import type { KeyParts } from './keys.ts'

/** No `keyBy` before: stages that need a key must name one. */
export type NoKey = undefined

/** `by` of a stage that needs a key: may be left out behind a `keyBy`. */
export type Keyed<Default, K> = Default extends NoKey ? { readonly by: K } : { readonly by?: K }

/** The key that counts: the stage's own, or (nothing to infer it from, so all it could be) that of the `keyBy` before. */
export type KeyOr<K, Default> = ['all' | 'device'] extends [K] ? Default : K

/** An item with one more field. */
export type With<Item, Field extends string, Value> = {
  readonly [P in keyof Item | Field]: P extends Field ? Value : P extends keyof Item ? Item[P] : never
}

export type Aggregates<Item> = Readonly<Record<string, Aggregate<unknown, Item>>>

interface Times {
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly end: number
  /** 0 the first time; higher when late readings have changed it. */
  readonly revision: number
  /** Given before the end. */
  readonly early: boolean
}

type Flat<T> = { readonly [P in keyof T]: T[P] }

/** What a window gives: aggregates and the key's parts by name, start and end. */
export type WindowResult<A, K> = Flat<{ readonly [P in keyof A]: ResultOf<A[P]> } & KeyParts<K> & Times>

export type WindowOptions<Item, Default, K, A> = StageOptions &
  Keyed<Default, K> & {
    readonly aggregate: A & Aggregates<Item>
    /** Late readings up to this old lead to the result being given again. */
    readonly allowedLateness?: Duration
    /** Results before the end, this often. */
    readonly early?: Duration
  }

export interface AlertOptions<Item> extends StageOptions {
  readonly when: (item: Item) => boolean
  /** Otherwise it ends as soon as `when` is false. */
  readonly clear?: (item: Item) => boolean
  readonly severity?: AlertNode['severity']
  readonly message?: (item: Item) => string
  /** `when` must hold this long (event time). */
  readonly for?: Duration
  /** What silences and receivers can match on besides rule, device and so on. */
  readonly labels?: Readonly<Record<string, string>>
  /** Shows the alert as pending while it waits for `for`; costs a message each time that `when` begins or ends to hold. */
  readonly showPending?: boolean
}

export interface SeriesOptions<Item> extends StageOptions {
  readonly value: (item: Item) => number
  /** Otherwise the item's own device, or one named by the group. */
  readonly device?: (item: Item) => string
}

export interface EnrichOptions<Item, Value> extends StageOptions {
  /** How many at a time. */
  readonly concurrency?: number
  /** Instead of what could not be fetched. */
  readonly fallback?: (item: Item) => Value
}

export type DeduplicateOptions<Default, K> = StageOptions & Keyed<Default, K> & { readonly within: Duration }

export type ThrottleOptions<Default, K> = StageOptions &
  Keyed<Default, K> & {
    /** At most `count` (1) items in each `every`. */
    readonly count?: number
    readonly every: Duration
  }

export type CustomOptions<Item, Default, K, State, Out> = StageOptions &
  Keyed<Default, K> & {
    /** The state of a key that is new: plain data that JSON can hold. */
    readonly initial: () => State
    /** Gives the items that come out; may change `state`. */
    readonly step: (item: Item, state: State) => Iterable<Out>
  }

export type JoinWithinOptions<Left, Right, Default, K, Out> = StageOptions &
  Keyed<Default, K> & {
    /** How far apart in time they may be; `after` and `until` say how much later the other one is. */
    readonly within: Duration | { readonly after: Duration; readonly until: Duration }
    readonly join: (left: Left, right: Right) => Out
  }

/** Where items go, by type; the sinks' own functions make these. */
export interface Sink {
  readonly type: string
}
