import { EVERY_ITEM, type AggregateSpec, type InputSpec } from '../definition/aggregate-spec.ts'
import { durationMs, type Duration } from './duration.ts'

declare const RESULT: unique symbol
declare const ITEM: unique symbol

/** What a window makes of its items: `Result`, from items that are (at least) `Item`. */
export interface Aggregate<Result = unknown, Item = never> {
  readonly spec: AggregateSpec
  readonly [RESULT]?: Result
  readonly [ITEM]?: (item: Item) => void
}

/** Counts only items of one metric. */
export interface Of {
  readonly metric?: string
}

export type ResultOf<A> = A extends Aggregate<infer Result, never> ? Result : never

type Field<Name extends string, Value> = { readonly [P in Name]: Value }

/** Over the field `value`, another one, or what a function gives. */
export interface Over<Result, Value = number> {
  (of?: Of): Aggregate<Result, Field<'value', Value>>
  <const Name extends string>(field: Name, of?: Of): Aggregate<Result, Field<Name, Value>>
  <Item>(compute: (item: Item) => Value, of?: Of): Aggregate<Result, Item>
}

/** One of the two of `correlation` and `regression`: a field, a metric's values, or both. */
export type Axis = string | { readonly input?: string; readonly metric: string }

type AxisField<A> = A extends string
  ? Field<A, number>
  : A extends { readonly input: infer Name extends string }
    ? Field<Name, number>
    : Field<'value', number>

type Input = InputSpec | Of | undefined

const isOf = (value: unknown): value is Of => typeof value === 'object' && value !== null

/** The arguments as they are in a definition. */
function over(
  input: Input,
  of: Of | undefined,
  otherwise = 'value',
): { input: InputSpec; metric: string | undefined } {
  return isOf(input)
    ? { input: otherwise, metric: input.metric }
    : { input: input ?? otherwise, metric: of?.metric }
}

const simple =
  <Result, Value = number>(type: 'sum'): Over<Result, Value> =>
  (input?: unknown, of?: Of) => ({ spec: { type, ...over(input as Input, of) } })

const named = <Result, Value = number>(
  type: Exclude<AggregateSpec['type'], 'correlation' | 'regression' | 'lead-lag'>,
): Over<Result, Value> => simple<Result, Value>(type as 'sum')

/** Number of items; with a field, of those that have it. */
export function count(of?: Of): Aggregate<number, unknown>
export function count<const Name extends string>(
  field: Name,
  of?: Of,
): Aggregate<number, Field<Name, unknown>>
export function count<Item>(compute: (item: Item) => unknown, of?: Of): Aggregate<number, Item>
export function count(input?: unknown, of?: Of): Aggregate<number, never> {
  return { spec: { type: 'count', ...over(input as Input, of, EVERY_ITEM) } }
}

export const sum = named<number>('sum')
export const mean = named<number>('mean')
/** Of the sample: divided by n − 1. */
export const variance = named<number>('variance')
/** Standard deviation. */
export const deviation = named<number>('deviation')
export const min = named<number>('min')
export const max = named<number>('max')
/** The one with the earliest event time. */
export const first = named<number>('first')
/** The one with the latest event time. */
export const last = named<number>('last')
/** Largest less smallest. */
export const range = named<number>('range')
/** Change per second from the first to the last. */
export const rate = named<number>('rate')
/** Each value counts for as long as it was the last one. */
export const timeWeightedMean = named<number>('time-weighted-mean')
/** Slope over event time, per second (least squares). */
export const trend = named<number>('trend')
/** How many different values, texts included (estimated). */
export const distinct = named<number, unknown>('distinct')

/** The value below which the share `q` of all lies, within 0.4 %. */
export function quantile(q: number, of?: Of): Aggregate<number, Field<'value', number>>
export function quantile<const Name extends string>(
  q: number,
  field: Name,
  of?: Of,
): Aggregate<number, Field<Name, number>>
export function quantile<Item>(q: number, compute: (item: Item) => number, of?: Of): Aggregate<number, Item>
export function quantile(q: number, input?: unknown, of?: Of): Aggregate<number, never> {
  return { spec: { type: 'quantile', q, ...over(input as Input, of) } }
}

export const median: Over<number> = (input?: unknown, of?: Of) => ({
  spec: { type: 'quantile' as const, q: 0.5, ...over(input as Input, of) },
})

/** A value that was often met, and how often, at most `error` too high. */
export interface TopEntry<Value> {
  readonly value: Value
  readonly count: number
  readonly error: number
}

type Name = 'device' | 'metric' | 'region' | 'tier'
type TopValue<Field extends string> = Field extends Name ? string : number

/** The `k` values that come most often: numbers, or of readings `device`, `metric`, `region`, `tier` by name. */
export function top(k: number, of?: Of): Aggregate<readonly TopEntry<number>[], Field<'value', number>>
export function top<const Field extends string>(
  k: number,
  field: Field,
  of?: Of,
): Aggregate<readonly TopEntry<TopValue<Field>>[], { readonly [P in Field]: TopValue<Field> }>
export function top<Item>(
  k: number,
  compute: (item: Item) => number,
  of?: Of,
): Aggregate<readonly TopEntry<number>[], Item>
export function top(
  k: number,
  input?: unknown,
  of?: Of,
): Aggregate<readonly TopEntry<string | number>[], never> {
  return { spec: { type: 'top', k, ...over(input as Input, of) } }
}

/** How many are below the first bound, from each to the next, and from the last on. */
export function histogram(
  bounds: readonly number[],
  of?: Of,
): Aggregate<readonly number[], Field<'value', number>>
export function histogram<const Name extends string>(
  bounds: readonly number[],
  field: Name,
  of?: Of,
): Aggregate<readonly number[], Field<Name, number>>
export function histogram<Item>(
  bounds: readonly number[],
  compute: (item: Item) => number,
  of?: Of,
): Aggregate<readonly number[], Item>
export function histogram(
  bounds: readonly number[],
  input?: unknown,
  of?: Of,
): Aggregate<readonly number[], never> {
  return { spec: { type: 'histogram', bounds, ...over(input as Input, of) } }
}

/** A mean in which a value counts half after `halfLife`. */
export function exponentialMean(halfLife: Duration, of?: Of): Aggregate<number, Field<'value', number>>
export function exponentialMean<const Name extends string>(
  halfLife: Duration,
  field: Name,
  of?: Of,
): Aggregate<number, Field<Name, number>>
export function exponentialMean<Item>(
  halfLife: Duration,
  compute: (item: Item) => number,
  of?: Of,
): Aggregate<number, Item>
export function exponentialMean(halfLife: Duration, input?: unknown, of?: Of): Aggregate<number, never> {
  const halfLifeMs = durationMs(halfLife) ?? (halfLife as number)
  return { spec: { type: 'exponential-mean', halfLifeMs, ...over(input as Input, of) } }
}

const axis = (of: Axis) =>
  typeof of === 'string'
    ? { input: of, metric: undefined }
    : { input: of.input ?? 'value', metric: of.metric }

/** From −1 to 1: of two fields of an item, or of two metrics (`{ metric }`) at the same event time. */
export const correlation = <const X extends Axis, const Y extends Axis>(
  x: X,
  y: Y,
): Aggregate<number, AxisField<X> & AxisField<Y>> => ({
  spec: { type: 'correlation', x: axis(x), y: axis(y) },
})

/** The straight line that fits best. */
export interface Line {
  readonly slope: number
  readonly intercept: number
  readonly count: number
}

/** y as a straight line over x; see `correlation`. */
export const regression = <const X extends Axis, const Y extends Axis>(
  x: X,
  y: Y,
): Aggregate<Line, AxisField<X> & AxisField<Y>> => ({ spec: { type: 'regression', x: axis(x), y: axis(y) } })

/** Which of two goes ahead: y follows x by `lagMs` (below 0: x follows y), and how alike they are then, from −1 to 1. */
export interface Lag {
  readonly lagMs: number
  readonly r: number
}

/**
 * The lag of up to `maxLag` at which y is most like x, of their means in bins of `step`; NaN where there is too little. See
 * `correlation` for what x and y are.
 */
export const leadLag = <const X extends Axis, const Y extends Axis>(
  x: X,
  y: Y,
  { step, maxLag }: { readonly step: Duration; readonly maxLag: Duration },
): Aggregate<Lag, AxisField<X> & AxisField<Y>> => ({
  spec: {
    ...{ type: 'lead-lag', x: axis(x), y: axis(y) },
    ...{ stepMs: durationMs(step) ?? (step as number), maxLagMs: durationMs(maxLag) ?? (maxLag as number) },
  },
})
