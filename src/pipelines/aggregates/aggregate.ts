/** Where accumulators live; ShardState with a table on whose account they grow. An even address is `f64[address >>> 1]`. */
export interface Arena {
  readonly u32: Uint32Array
  readonly f64: Float64Array
  /** Before a word of a block that the accumulator has of its own is changed. */
  saveWord(address: number): void
  /** The same of the first `count` words that `addresses` lists, each of which may be there several times. */
  saveEach(addresses: Uint32Array, count: number): void
  save(address: number, words: number): void
  /** Zeroed; 0 = no room. */
  allocate(words: number): number
  release(address: number, words: number): void
}

/** What a window gives for an aggregate. NaN (or an empty list) when there was nothing. */
export type AggregateResult =
  | number
  | readonly number[]
  | Readonly<Record<string, number>>
  | readonly TopValue[]
  | MemberList

/** Devices with a number each, side by side, in no order. */
export interface MemberList {
  readonly values: Float64Array
  readonly devices: Float64Array
  /** How many there was no room for. */
  readonly lost: number
}

export interface TopValue {
  readonly value: number
  readonly count: number
  /** The count may be too high by this much. */
  readonly error: number
}

/** Values one after the other, as numbers and as their two halves (low, high). */
export interface ValueRun {
  readonly f64: Float64Array
  readonly u32: Uint32Array
}

/**
 * One accumulator: `words` words (an even number) at an even address, zero at first. The caller saves these words before it
 * calls `add` or `merge`; blocks behind them are the accumulator's own affair. `value` is never NaN.
 */
export interface Aggregate {
  readonly words: number
  /** Whether blocks are kept behind the words: then `dispose` gives them back. */
  readonly dispose?: (arena: Arena, at: number) => void
  readonly add: (arena: Arena, at: number, value: number, time: number) => void
  /** The same as `add` of the run's first `count` values (at least one), to the last bit; for aggregates that ask for no time. */
  readonly addRun?: (arena: Arena, at: number, run: ValueRun, count: number) => void
  /** `from` stays as it is and may be in another part. What is over disjoint times is merged in the order of time. */
  readonly merge: (into: Arena, at: number, from: Arena, fromAt: number) => void
  readonly result: (arena: Arena, at: number) => AggregateResult
}

/** An aggregate over two inputs, of which one may be NaN: it waits for the other one of the same time. */
export interface PairAggregate extends Omit<Aggregate, 'add' | 'addRun'> {
  readonly addPair: (arena: Arena, at: number, x: number, y: number, time: number) => void
}

export const isPair = (aggregate: Aggregate | PairAggregate): aggregate is PairAggregate =>
  'addPair' in aggregate
