import type { PipelineDefinition, SOURCE, StageNode } from '../definition/definition.ts'
import type { KeySpec } from '../definition/key-spec.ts'
import type { WindowSpec } from '../definition/window-spec.ts'
import { MillraceError } from '../../core/errors.ts'
import { checkDefinition } from '../compiler/check.ts'
import type { Aggregate } from './aggregates.ts'
import { definitionOf, type Draft, inMs, type PipelineHead, policyOf, type StageOptions } from './draft.ts'
import { type By, keySpec } from './keys.ts'
import {
  type PartialMatch,
  PatternBegin,
  type PatternMatch,
  type PatternOptions,
  skipOf,
  type Steps,
} from './pattern.ts'
import type { PeerDeviation } from '../operators/peers.ts'
import { peerStages } from '../peers/peer-stages.ts'
import { comparisonOf, type PeersOptions } from './peers.ts'
import type * as T from './stage-types.ts'
import type { Table } from './tables.ts'

/** Where a stage stands: what it gives, and all that ends on the way to it. */
interface Place {
  readonly head: PipelineHead
  readonly at: Draft | typeof SOURCE
  readonly key: KeySpec | undefined
  readonly ends: readonly Draft[]
}

declare const ITEM: unique symbol

/** What a stage is to others: a stream of items that is part of a pipeline. */
export interface Stream<Item = unknown> {
  readonly definition: PipelineDefinition
  readonly [ITEM]?: Item
}

/** Of a key, at a time. */
const MOST_PARTIALS = 64
const SINK_DEFAULTS = { retries: 5 }
const ENRICH_DEFAULTS = { retries: 2 }

/**
 * A stream of `Item`s on its way through a pipeline. Each call returns a new stage and changes nothing, so one stage can be
 * gone on from in several directions. `alert`, `emit`, `toSeries`, `to`, `branch` and `late` are ends beside the way: they
 * return a stage that goes on with the same items.
 */
export class Stage<Item, Default = T.NoKey> implements Stream<Item> {
  declare readonly [ITEM]?: Item
  readonly #place: Place

  /** @internal */
  constructor(place: Place) {
    this.#place = place
  }

  /** Only items for which `test` is true. */
  filter<Kept extends Item>(test: (item: Item) => item is Kept, options?: StageOptions): Stage<Kept, Default>
  filter(test: (item: Item) => boolean, options?: StageOptions): Stage<Item, Default>
  filter(test: (item: Item) => boolean, options?: StageOptions): Stage<Item, Default> {
    return this.#then('filter', { test }, options)
  }

  /** Adds a field. */
  derive<const Field extends string, Value>(
    field: Field,
    compute: (item: Item) => Value,
    options?: StageOptions,
  ): Stage<T.With<Item, Field, Value>, Default> {
    return this.#then('derive', { field, compute }, options)
  }

  /** Another item in place of each. */
  map<Out>(compute: (item: Item) => Out, options?: StageOptions): Stage<Out, Default> {
    return this.#then('map', { compute }, options)
  }

  /** Any number of items in place of each. */
  flatMap<Out>(compute: (item: Item) => Iterable<Out>, options?: StageOptions): Stage<Out, Default> {
    return this.#then('flat-map', { compute }, options)
  }

  /** The same stream several times; each way must come to an end. Goes on with the same items. */
  branch(...ways: readonly ((stage: Stage<Item, Default>) => Stream)[]): Stage<Item, Default> {
    return this.#also(
      ways.flatMap((way) => Stage.#of(way(new Stage({ ...this.#place, ends: [] }))).#allEnds()),
    )
  }

  /** Together with other streams of the same pipeline. */
  merge<Others extends readonly Stream[]>(
    ...others: Others
  ): Stage<Item | (Others[number] extends Stream<infer Other> ? Other : never), Default> {
    const places = others.map((other) => Stage.#of(other).#place)
    const inputs = places.map(({ at }) => at)
    return this.#also(places.flatMap(({ ends }) => ends)).#then('merge', {}, undefined, inputs)
  }

  /** The key of all stages behind that need one and name none. */
  keyBy<const K extends By<Item>>(by: K): Stage<Item, K> {
    return new Stage({ ...this.#place, key: keySpec(by) })
  }

  /** Puts the row of a table that belongs to the item into a field. `inner`: items without one are left out. */
  join<const Field extends string, Row>(
    as: Field,
    table: Table<Row, Item>,
    options: StageOptions & { readonly mode: 'inner' },
  ): Stage<T.With<Item, Field, Row>, Default>
  join<const Field extends string, Row>(
    as: Field,
    table: Table<Row, Item>,
    options?: StageOptions & { readonly mode?: 'left' | 'inner' },
  ): Stage<T.With<Item, Field, Row | undefined>, Default>
  join<const Field extends string, Row>(
    as: Field,
    { table }: Table<Row, Item>,
    { mode = 'left', ...options }: StageOptions & { readonly mode?: 'left' | 'inner' } = {},
  ): Stage<T.With<Item, Field, Row>, Default> {
    return this.#then('lookup', { as, table, mode }, options)
  }

  /** Pairs of items of two streams with the same key whose times are close. */
  joinWithin<Right, Out, const K extends By<Item> & By<Right>>(
    other: Stream<Right>,
    { by, within, join, ...options }: T.JoinWithinOptions<Item, Right, Default, K, Out>,
  ): Stage<Out, Default> {
    const { after, until } = typeof within === 'object' ? within : { after: -inMs(within), until: within }
    const fields = { key: this.#key(by), afterMs: inMs(after), untilMs: inMs(until), join }
    const { at, ends } = Stage.#of(other).#place
    return this.#also(ends).#then('interval-join', fields, options as StageOptions, [at])
  }

  /** Of items with the same key only the first one within a time. */
  deduplicate<const K extends By<Item>>({
    by,
    within,
    ...options
  }: T.DeduplicateOptions<Default, K>): Stage<Item, Default> {
    return this.#then('deduplicate', { key: this.#key(by), withinMs: inMs(within) }, options as StageOptions)
  }

  /** At most `count` items of a key in each `every` (event time). */
  throttle<const K extends By<Item>>({
    by,
    count = 1,
    every,
    ...options
  }: T.ThrottleOptions<Default, K>): Stage<Item, Default> {
    return this.#then(
      'throttle',
      { key: this.#key(by), count, everyMs: inMs(every) },
      options as StageOptions,
    )
  }

  /** The same share of the items each time. */
  sample(share: number, options?: StageOptions): Stage<Item, Default> {
    return this.#then('sample', { share }, options)
  }

  /** Puts what an asynchronous function fetches into a field; runs outside the workers. */
  enrich<const Field extends string, Value>(
    as: Field,
    enrich: (item: Item, signal: AbortSignal) => Promise<Value>,
    { concurrency = 8, fallback, ...options }: T.EnrichOptions<Item, Value> = {},
  ): Stage<T.With<Item, Field, Value>, Default> {
    return this.#then('enrich', { as, enrich, concurrency, fallback }, { ...ENRICH_DEFAULTS, ...options })
  }

  /** A stage of your own, with state for each key. */
  custom<State, Out, const K extends By<Item>>({
    by,
    initial,
    step,
    ...options
  }: T.CustomOptions<Item, Default, K, State, Out>): Stage<Out, Default> {
    return this.#then('custom', { key: this.#key(by), initial, step }, options as StageOptions)
  }

  /** Items by key and time, put together by aggregates. */
  window<const A extends Readonly<Record<string, Aggregate<unknown, never>>>, const K extends By<Item>>(
    window: WindowSpec,
    { by, aggregate, allowedLateness = 0, early = 0, ...options }: T.WindowOptions<Item, Default, K, A>,
  ): WindowStage<T.WindowResult<A, T.KeyOr<K, Default>>, Item> {
    const aggregates = Object.fromEntries(
      Object.entries(aggregate ?? {}).map(([name, entry]: [string, Aggregate | undefined]) => [
        name,
        entry?.spec,
      ]),
    )
    const times = { allowedLatenessMs: inMs(allowedLateness), earlyEveryMs: inMs(early) }
    const fields = { window, key: this.#key(by), aggregates, ...times }
    return new WindowStage(this.#next('window', fields, options as StageOptions))
  }

  /**
   * Sequences of items of a key, in the order of their times: a match for each.
   *
   * @example
   * readings.pattern(
   *   (p) => p.begin('door', (r) => r.metric === 'door').followedBy('motion', (r) => r.metric === 'motion'),
   *   { by: 'device', within: '10s' },
   * )
   */
  pattern<Match, const K extends By<Item>>(
    define: (begin: PatternBegin<Item>) => Steps<Match>,
    { by, within, skip = 'past-last', partials, ...options }: PatternOptions<Default, K, Match>,
  ): PatternStage<PatternMatch<Match, T.KeyOr<K, Default>>, PartialMatch<Match, T.KeyOr<K, Default>>> {
    const { steps } = define(new PatternBegin<Item>())
    const fields = {
      ...{ key: this.#key(by), steps, skip: skipOf(skip) },
      withinMs: within === undefined ? undefined : inMs(within),
      partials: { most: MOST_PARTIALS, whenFull: 'drop-oldest', ...partials },
    }
    return new PatternStage(this.#next('pattern', fields, options as StageOptions))
  }

  /**
   * The devices that are far from the middle of their group, of any metric that comes here: each in every window in which it
   * is, and once more when it isn't any more.
   *
   * @example
   * readings
   *   .peers({ group: attribute('model'), over: '5m', atLeast: 4 })
   *   .alert('odd-one-out', { when: (d) => Math.abs(d.deviation) >= 4 })
   */
  peers({ id, ...options }: PeersOptions<Item>): Stage<PeerDeviation> {
    const { devices, groups, peers } = peerStages(comparisonOf(options))
    const named = (part: string) => ({ ...options, id: id === undefined ? undefined : `${id}.${part}` })
    return this.#then('window', { ...devices }, named('devices') as StageOptions).#then(
      'window',
      { ...groups },
      named('groups') as StageOptions,
    ).#then<PeerDeviation>('peers', { ...peers }, { ...options, ...(id !== undefined && { id }) }).#unkeyed()
  }

  /** Raises an alert while `when` holds. */
  alert(rule: string, { when, clear, severity = 'medium', message, ...others }: T.AlertOptions<Item>): this {
    const { for: duration = 0, labels, showPending, ...options } = others
    const fields = { rule, when, clear, severity, message, forMs: inMs(duration) }
    const more = { ...(labels && { labels }), ...(showPending && { showsPending: true }) }
    return this.#end('alert', { ...fields, ...more }, options)
  }

  /** Gives the items to the embedding program, and to subscribers of the topic. */
  emit(topic: string, options?: StageOptions): this {
    return this.#end('emit', { topic }, options)
  }

  /** Feeds a number of each item back as a reading of another metric. */
  toSeries(metric: string, { value, device, ...options }: T.SeriesOptions<Item>): this {
    return this.#end('to-series', { metric, value, device }, options)
  }

  /** Hands the items to a sink. */
  to(sink: T.Sink, options?: StageOptions): this {
    return this.#end('sink', { sink }, { ...SINK_DEFAULTS, ...options })
  }

  /**
   * All that leads to this stage, checked; throws `pipeline-failed` with everything that is wrong. A stage without any end is
   * given one: an `emit` of its items by the pipeline's name.
   */
  get definition(): PipelineDefinition {
    const definition = definitionOf(this.#place.head, this.#allEnds())
    checkDefinition(definition)
    return definition
  }

  /** @internal The stage with the ends of others added. */
  also(others: readonly Stream[]): this {
    return this.#also(others.flatMap((other) => Stage.#of(other).#allEnds()))
  }

  /** @internal The same kind of stage somewhere else. */
  protected moved(place: Place): this {
    return new Stage(place) as this
  }

  static #of(stream: Stream): Stage<unknown, unknown> {
    if (stream instanceof Stage) return stream as Stage<unknown, unknown>
    throw new MillraceError(
      'pipeline-failed',
      'branch, merge, joinWithin, late and ends: allowed: stages of a pipeline',
    )
  }

  #allEnds(): readonly Draft[] {
    const { ends, head } = this.#place
    return ends.length > 0 ? ends : [this.#draft('emit', { topic: head.name }, undefined)]
  }

  #also(ends: readonly Draft[]): this {
    return this.moved({ ...this.#place, ends: [...this.#place.ends, ...ends] })
  }

  #end(kind: StageNode['kind'], fields: Draft['fields'], options: StageOptions | undefined): this {
    return this.#also([this.#draft(kind, fields, options)])
  }

  #then<Out>(
    kind: StageNode['kind'],
    fields: Draft['fields'],
    options: StageOptions | undefined,
    others: Draft['inputs'] = [],
  ): Stage<Out, Default> {
    return new Stage(this.#next(kind, fields, options, others))
  }

  #next(
    kind: StageNode['kind'],
    fields: Draft['fields'],
    options: StageOptions | undefined,
    others: Draft['inputs'] = [],
  ): Place {
    return { ...this.#place, at: this.#draft(kind, fields, options, others) }
  }

  #draft(
    kind: StageNode['kind'],
    fields: Draft['fields'],
    options: StageOptions = {},
    others: Draft['inputs'] = [],
  ): Draft {
    return { kind, fields, inputs: [this.#place.at, ...others], id: options.id, policy: policyOf(options) }
  }

  #unkeyed(): Stage<Item> {
    return new Stage({ ...this.#place, key: undefined })
  }

  #key(by: unknown): KeySpec {
    return by === undefined && this.#place.key !== undefined ? this.#place.key : keySpec(by)
  }
}

/** The stream of a window's results; `late` leads to what came too late for it. */
export class WindowStage<Result, Input> extends Stage<Result> {
  readonly #window: Place

  /** @internal */
  constructor(place: Place) {
    super({ ...place, key: undefined })
    this.#window = place
  }

  /** What becomes of items that came too late for this window. Goes on with the results. */
  late(way: (stage: Stage<Input>) => Stream): this {
    return this.also([way(new Stage<Input>({ ...lateOf(this.#window), ends: [] }))])
  }

  /** @internal */
  protected override moved(place: Place): this {
    return new WindowStage(place) as this
  }
}

/** The stream of a pattern's matches; `timedOut` leads to partial ones whose time was up. */
export class PatternStage<Match, Partial> extends Stage<Match> {
  readonly #pattern: Place

  /** @internal */
  constructor(place: Place) {
    super({ ...place, key: undefined })
    this.#pattern = place
  }

  /** What becomes of partial matches whose time was up. Goes on with the matches. */
  timedOut(way: (stage: Stage<Partial>) => Stream): this {
    const { at } = this.#pattern
    const draft: Draft = { kind: 'timed-out', fields: {}, inputs: [at], id: undefined, policy: policyOf({}) }
    const stage = new Stage<Partial>({ ...this.#pattern, key: undefined, at: draft, ends: [] })
    return this.also([way(stage)])
  }

  /** @internal */
  protected override moved(place: Place): this {
    return new PatternStage(place) as this
  }
}

function lateOf(place: Place): Place {
  const draft: Draft = { kind: 'late', fields: {}, inputs: [place.at], id: undefined, policy: policyOf({}) }
  return { ...place, at: draft }
}
