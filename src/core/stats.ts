import type { EscalationStats } from './escalation.ts'
import type { IncidentStats } from './incident.ts'
import type { AlertStanding, Severity } from './alert.ts'
import type { ScalingStats } from './scaling.ts'
import type { Tier } from './tiers.ts'

/** Milliseconds at the named quantiles. */
export interface LatencySummary {
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/**
 * Where every reading is. Always received = accepted + refused + malformed
 * and accepted = processed + inFlight + deadLettered + forwarded.
 */
export interface Account {
  readonly received: number
  readonly accepted: number
  readonly refused: number
  readonly malformed: number
  readonly processed: number
  readonly inFlight: number
  readonly deadLettered: number
  readonly forwarded: number
}

export interface TierStats {
  readonly accepted: number
  readonly processed: number
  readonly refused: number
  /** Readings waiting in the tier's lanes. */
  readonly backlog: number
  /** Accepted to processed, over the last ten seconds. */
  readonly latencyMs: LatencySummary
}

/** What is known of the data directory. */
export interface DurabilityStats {
  /** `slow`: the lowest tiers are refused; `failing`: nothing can be written, and all are. */
  readonly storage: {
    readonly status: 'ok' | 'slow' | 'failing'
    readonly refusedTiers: number
    readonly cause: string
    readonly message: string
  }
  readonly journal: {
    readonly durableSequence: number
    readonly records: number
    readonly bytes: number
    readonly commits: number
    readonly commitMs: number
    readonly longestCommitMs: number
    readonly failures: number
    readonly roomBytes: number
  }
  /** Readings taken in again at the start. */
  readonly replayed: number
  /** The newest one of this process. */
  readonly checkpoint: {
    readonly number: number
    readonly bytes: number
    readonly tookMs: number
    readonly longestPauseMs: number
    readonly longestHoldMs: number
    /** When it was completed; milliseconds since 1970. */
    readonly createdMs: number
    readonly ageSeconds: number
  } | null
  readonly checkpointFailures: number
}

/** One sink of a pipeline: what became of its items, and how it is. */
export interface SinkStats {
  readonly pipeline: string
  readonly node: string
  readonly type: string
  /** Items that the outside has, each at least once. */
  readonly delivered: number
  /** Attempts that failed and were, or will be, repeated. */
  readonly retried: number
  /** Items given up because the outside will not have them. */
  readonly refused: number
  /** Items put on disk. */
  readonly spilled: number
  /** Items that gave way because memory and disk were full, or the sink was closed without a disk. */
  readonly dropped: number
  /** Items that JSON cannot hold. */
  readonly unwritable: number
  /** Items in memory and on disk now. */
  readonly waiting: number
  readonly spillBytes: number
  /** Files of the spill that were not whole. */
  readonly damagedSegments: number
  /** Since when nothing has been taken, milliseconds since the epoch; null if the last attempt was good. */
  readonly failingSince: number | null
  /** '' if there was none. */
  readonly lastError: string
  /** Figures that only this type of sink has. */
  readonly own: Readonly<Record<string, number>>
}

/** One receiver of notifications, or one member of a cluster that is one; counts are of notifications. */
export interface ReceiverStats {
  readonly receiver: string
  readonly kind: string
  /** Host or address; '' where there is only one. */
  readonly target: string
  readonly delivered: number
  /** Attempts that failed and were, or will be, repeated. */
  readonly retried: number
  /** Given up: dead letters. */
  readonly refused: number
  /** Groups that gave way because too many waited. */
  readonly dropped: number
  /** Groups that were told in a summary of several. */
  readonly summarised: number
  /** Alerts that were over and gave way before they were told. */
  readonly omitted: number
  /** Groups that are due, and the one that is being told. */
  readonly waiting: number
  /** Since when nothing has been taken, milliseconds since the epoch; null if the last attempt was good. */
  readonly failingSince: number | null
  /** '' if there was none. */
  readonly lastError: string
}

/** Letters of one node of a pipeline, since the start and now; node '' = whole readings. */
export interface DeadLetterStats {
  readonly pipeline: string
  readonly node: string
  readonly seen: number
  readonly kept: number
  readonly replayed: number
}

/** A pipeline that runs. */
export interface PipelineStats {
  readonly name: string
  readonly version: number
  /** Where its module is. */
  readonly url: string
  /** Taken in since it was started. */
  readonly readings: number
  /** Of these, too late for their window. */
  readonly late: number
  /** Items given up because a user function threw. */
  readonly failed: number
  /** Of windows. */
  readonly results: number
  readonly state: {
    readonly usedBytes: number
    readonly keys: number
    /** Keys that gave way, and those that found no room. */
    readonly evicted: number
    readonly refused: number
  }
  /** Null without a policy, as long as scarcity has asked for no batches either. */
  readonly velocity: {
    /** Devices whose readings are shown in batches now. */
    readonly fast: number
    readonly toFast: number
    readonly toSlow: number
    readonly batches: number
    /** Readings shown in these. */
    readonly batched: number
  } | null
}

/** The document of `GET /v1/stats` and of `engine.stats()`. */
export interface Stats {
  readonly account: Account
  readonly tiers: Readonly<Record<Tier, TierStats>>
  /** Accepted to routed, all tiers, over the last ten seconds. */
  readonly routedMs: LatencySummary
  readonly refusedByReason: Readonly<Record<string, number>>
  readonly malformedByCause: Readonly<Record<string, number>>
  readonly alerts: {
    readonly open: number
    readonly raised: number
    /** Open ones, each counted once, by severity. */
    readonly standings: Readonly<Record<AlertStanding, Readonly<Record<Severity, number>>>>
  }
  /** Events detected, and accepted to alert seen by the embedding program over the last ten seconds. */
  readonly anomalies: { readonly detected: number; readonly latencyMs: LatencySummary }
  /** Null where no correlation is configured. */
  readonly incidents: IncidentStats | null
  /** Null where no rule is configured. */
  readonly escalation: EscalationStats | null
  readonly pool: {
    readonly size: number
    readonly busy: number
    readonly min: number
    readonly max: number
    /** Loaded, at work or not. */
    readonly threads: number
    readonly replaced: number
  }
  readonly scaling: ScalingStats
  readonly series: number
  readonly devices: number
  readonly connections: number
  readonly memory: { readonly sharedBytes: number; readonly rssBytes: number }
  readonly uptimeSeconds: number
  /**
   * All figures are of one instant. False when a thread did not stand still for the count within two seconds, on a machine
   * that doesn't let it run: then the account may be off by what that thread was doing.
   */
  readonly isExact: boolean
  /** Null where nothing outlives the process. */
  readonly durability: DurabilityStats | null
  readonly pipelines: readonly PipelineStats[]
  readonly sinks: readonly SinkStats[]
  readonly deadLetters: readonly DeadLetterStats[]
  readonly notifications: readonly ReceiverStats[]
}
