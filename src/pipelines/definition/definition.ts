import type { AggregateSpec } from './aggregate-spec.ts'
import type { Compute, Predicate } from './functions.ts'
import type { KeySpec } from './key-spec.ts'
import type { DeviceFilter, RuleSpec } from './rule-spec.ts'
import type { PatternSkip, PatternStep } from './pattern-spec.ts'
import type { WindowSpec } from './window-spec.ts'

/*
 * A pipeline as data: what the builder makes, what is checked and compiled, and what runs live, over history and in unit
 * tests. Nodes form a graph without cycles; 'source' is the stream of readings. User functions are in it as they are; they
 * are synchronous and must not keep what they are shown, except those of `enrich`, which runs on the I/O side.
 */
export interface PipelineDefinition {
  readonly millrace: 'pipeline'
  readonly name: string
  /** Raised by its author when the meaning changes: what then happens to its state says `onChange`. */
  readonly version: number
  /** Only readings of these metrics are shown; undefined = all. */
  readonly metrics: readonly string[] | undefined
  readonly state: StateOptions
  readonly time: TimeOptions
  /** Undefined: readings are shown as they come, whoever they are of. */
  readonly velocity?: VelocityOptions | undefined
  readonly nodes: readonly StageNode[]
  /** It is what a file of rules has become. */
  readonly ofRules?: true
}

export interface StateOptions {
  /** Of all shards together; rounded up to whole pages per shard. */
  readonly bytes: number
  /** What gives way when a shard's part is full: the key that was quiet longest, or the new one. Both are counted. */
  readonly whenFull: 'evict-oldest' | 'refuse-new'
  /** What a definition with other stages, or another version, does with the state of the one before it. */
  readonly onChange: 'fresh' | 'migrate' | 'refuse'
}

export interface TimeOptions {
  /** How far event times may be behind the latest one of their shard without being late. */
  readonly latenessMs: number
  /** A shard without readings for this long no longer holds anything back. */
  readonly idleMs: number
}

/**
 * Which devices are fast, so that live their readings are held back a little and shown in batches. Declared beforehand by
 * device or by metric (a device that sends it), or found by rate.
 */
export interface VelocityOptions {
  /** A device is fast from so many readings a second, and slow again below so many. */
  readonly fast: number
  readonly slow: number
  /** `slow`: its readings don't count. */
  readonly metrics: Readonly<Record<string, 'fast' | 'slow'>>
  /** `slow`: never fast. */
  readonly devices: Readonly<Record<string, 'fast' | 'slow'>>
  /** So many together, or after so long. */
  readonly batch: { readonly readings: number; readonly delayMs: number }
}

/** What a stage does when its function throws, or (asynchronous ones) takes too long. */
export interface StagePolicy {
  /** `dead-letter` keeps the item and the cause; `skip` only counts it. */
  readonly onError: 'dead-letter' | 'skip'
  /** Further tries of asynchronous stages and sinks. */
  readonly retries: number
  /** Of asynchronous stages and sinks. */
  readonly timeoutMs: number
}

export const SOURCE = 'source'

interface Node<Kind extends string> {
  readonly kind: Kind
  /** Unique within the pipeline, stable over restarts: given by the author, or kind and number (`window-2`). */
  readonly id: string
  /** Ids of the nodes before it, or SOURCE. Only `merge` and `interval-join` have more than one. */
  readonly inputs: readonly string[]
  readonly policy: StagePolicy
}

export interface FilterNode extends Node<'filter'> {
  readonly test: Predicate
  /** Given: readings of these devices, in place of what `test` says. */
  readonly devices?: DeviceFilter
}
export interface DeriveNode extends Node<'derive'> {
  readonly field: string
  readonly compute: Compute
}
export interface MapNode extends Node<'map'> {
  readonly compute: Compute
}
export interface FlatMapNode extends Node<'flat-map'> {
  readonly compute: (item: never) => Iterable<unknown>
}
export type MergeNode = Node<'merge'>
export interface LookupNode extends Node<'lookup'> {
  /** The field that the row found is put into (undefined where there is none). */
  readonly as: string
  readonly table: { readonly from: 'registry' } | ReferenceTable
  /** `inner`: items without a row are left out. */
  readonly mode: 'left' | 'inner'
}
export interface ReferenceTable {
  readonly from: 'file'
  /** CSV with a header line, or a JSON array of objects; read again when it changes. */
  readonly file: string
  /** The column that the key is compared with. */
  readonly column: string
  readonly key: Compute
}
export interface IntervalJoinNode extends Node<'interval-join'> {
  readonly key: KeySpec
  /** A right item joins when right.time − left.time is within [afterMs, untilMs]. */
  readonly afterMs: number
  readonly untilMs: number
  readonly join: (left: never, right: never) => unknown
}
export interface DeduplicateNode extends Node<'deduplicate'> {
  readonly key: KeySpec
  readonly withinMs: number
}
export interface ThrottleNode extends Node<'throttle'> {
  readonly key: KeySpec
  /** At most `count` items per `everyMs` of event time. */
  readonly count: number
  readonly everyMs: number
}
export interface SampleNode extends Node<'sample'> {
  /** The same share of items each time: by a hash of what the item is, not by chance. */
  readonly share: number
}
export interface CustomNode extends Node<'custom'> {
  readonly key: KeySpec
  /** Plain data that JSON can hold. */
  readonly initial: () => unknown
  /** Returns the items that come out; may change `state`, which is kept when it returns and forgotten when it throws. */
  readonly step: (item: never, state: never) => Iterable<unknown>
}
export interface EnrichNode extends Node<'enrich'> {
  readonly enrich: (item: never, signal: AbortSignal) => Promise<unknown>
  readonly as: string
  readonly concurrency: number
  /** Instead of what could not be fetched; undefined = the item goes where the policy says. */
  readonly fallback: Compute | undefined
}
export interface WindowNode extends Node<'window'> {
  readonly window: WindowSpec
  readonly key: KeySpec
  readonly aggregates: Readonly<Record<string, AggregateSpec>>
  /** Results are given again when readings come this late; 0 = they count as late. */
  readonly allowedLatenessMs: number
  /** Results before the end, at most this often (event time); 0 = none. */
  readonly earlyEveryMs: number
}
/** The devices of a group that are far from its middle; behind a window whose only aggregate is of `members`. */
export interface PeersNode extends Node<'peers'> {
  /** How long the windows of the devices are that are compared. */
  readonly sizeMs: number
  /** In deviations: of others nothing is told, but once that they are back. */
  readonly atLeast: number
  readonly side: 'both' | 'above' | 'below'
  readonly minMembers: number
  /** A group that is closer together counts as this far apart. */
  readonly minSpread: number
  /** Of a group at a time. */
  readonly most: number
}
/** Sequences of items of a key, in the order of their times. */
export interface PatternNode extends Node<'pattern'> {
  readonly key: KeySpec
  readonly steps: readonly PatternStep[]
  /** From the first item of a match to its last; undefined where a match is of one item. */
  readonly withinMs: number | undefined
  readonly skip: PatternSkip
  /** Partial matches of a key at a time, and what gives way beyond that; counted. */
  readonly partials: { readonly most: number; readonly whenFull: 'drop-oldest' | 'refuse-new' }
}
/** Partial matches of a pattern whose time was up, as items. */
export interface TimedOutNode extends Node<'timed-out'> {
  readonly pattern: string
}
/** Readings that a window was too late for, as items. */
export interface LateNode extends Node<'late'> {
  readonly window: string
}
export interface AlertNode extends Node<'alert'> {
  readonly rule: string
  readonly when: Predicate
  /** Undefined: as soon as `when` is false. */
  readonly clear: Predicate | undefined
  readonly severity: 'low' | 'medium' | 'high' | 'critical'
  readonly message: ((item: never) => string) | undefined
  /** `when` must hold this long (event time) before the alert is raised. */
  readonly forMs: number
  /** What silences and receivers can match on besides. */
  readonly labels?: Readonly<Record<string, string>>
  /** While it waits for `forMs` it is there as pending. */
  readonly showsPending?: boolean
}
/** Rules without code, all at once over the readings as they come. */
export interface RulesNode extends Node<'rules'> {
  readonly rules: readonly RuleSpec[]
}
export interface ToSeriesNode extends Node<'to-series'> {
  readonly metric: string
  readonly value: (item: never) => number
  /** The device that the series belongs to; undefined = the item's own (by device or series) or one named by the key. */
  readonly device: ((item: never) => string) | undefined
}
export interface EmitNode extends Node<'emit'> {
  readonly topic: string
}
export interface SinkNode extends Node<'sink'> {
  /** Plain data; what it may say is checked by the sinks themselves. */
  readonly sink: { readonly type: string } & Readonly<Record<string, unknown>>
}

export type StageNode =
  | FilterNode
  | DeriveNode
  | MapNode
  | FlatMapNode
  | MergeNode
  | LookupNode
  | IntervalJoinNode
  | DeduplicateNode
  | ThrottleNode
  | SampleNode
  | CustomNode
  | EnrichNode
  | WindowNode
  | PeersNode
  | PatternNode
  | TimedOutNode
  | LateNode
  | AlertNode
  | RulesNode
  | ToSeriesNode
  | EmitNode
  | SinkNode
