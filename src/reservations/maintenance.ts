/**
 * The words of planned maintenance. A job is what somebody wants done, once or again and again; a window is one time at
 * which it is done; an execution is what becomes of one device in it. States are called as in AWS IoT Jobs. Times are
 * milliseconds since the epoch.
 */

export type JobStatus = 'SCHEDULED' | 'IN_PROGRESS' | 'COMPLETED' | 'CANCELED'

export const EXECUTION_STATUSES = [
  ...([
    'QUEUED',
    'IN_PROGRESS',
    'SUCCEEDED',
    'FAILED',
    'TIMED_OUT',
    'REJECTED',
    'REMOVED',
    'CANCELED',
  ] as const),
] as const
export type ExecutionStatus = (typeof EXECUTION_STATUSES)[number]

/** What is set apart: units (workers, nodes), or a share (0 to 1) of as many as there can be. */
export type Capacity = { readonly units: number } | { readonly share: number }

/** How many devices go at once: the first wave has so many, each further one `growth` times as many. */
export interface Rollout {
  readonly wave: { readonly devices: number } | { readonly share: number }
  readonly growth: number
  /** From the end of a wave to the start of the next. */
  readonly pauseMs: number
}

/** When so large a share of those that ended has failed, the rest is not begun. */
export interface AbortRule {
  readonly share: number
  /** Not before so many have ended. */
  readonly minExecuted: number
}

/** What is done again after a failure: in the next fitting slot, not before a pause that doubles. */
export interface RetryRule {
  readonly limit: number
  readonly firstMs: number
  readonly maxMs: number
}

/** A window whose beginning went by unseen, as nothing ran: `late` begins it now if it fits now. */
export type MissedRule = 'late' | 'reschedule' | 'skip'

export interface MaintenanceSpec {
  /** Tells jobs apart. */
  readonly name: string
  /** Such as `firmware-update`. */
  readonly kind: string
  readonly startsAt: number
  /** In which `rrule` counts days and hours. */
  readonly timeZone: string
  /** RFC 5545; '' = once. */
  readonly rrule: string
  readonly durationMs: number
  readonly capacity: Capacity
  readonly use: 'operation' | 'idle'
  /** Capacity is there so long before a window begins. */
  readonly leadMs: number
  /** Terms of a selector; none = the operation is not about devices. */
  readonly devices: readonly string[]
  /** Things that only one may use at a time. */
  readonly resources: readonly string[]
  /** Jobs that must be over before. */
  readonly dependsOn: readonly string[]
  readonly rollout: Rollout
  readonly abort: AbortRule | null
  /** How long to wait until nothing of a wave's devices is in flight; 0 = don't. */
  readonly drainMs: number
  /** What starts the operation; '' = somebody does it by hand. */
  readonly hook: string
  /** For one execution; 0 = until the window ends. */
  readonly timeoutMs: number
  /** What becomes of those under way of which nothing is heard until the window ends. */
  readonly unreported: 'SUCCEEDED' | 'TIMED_OUT'
  readonly retry: RetryRule
  readonly missed: MissedRule
  /** Whether alerts of the devices are held meanwhile. */
  readonly holdAlerts: boolean
}

export interface Execution {
  /** '' = the operation as a whole, where it is not about devices. */
  readonly device: string
  status: ExecutionStatus
  /** From 1 on; 0 = not yet. */
  wave: number
  startedAt: number | null
  endedAt: number | null
  /** Percent. */
  progress: number
  message: string
}

export type WindowPhase = 'waiting' | 'draining' | 'working' | 'pausing' | 'over'

export interface MaintenanceWindow {
  readonly id: string
  /** 0 = the first. */
  readonly attempt: number
  /** When the job wanted it. */
  readonly plannedAt: number
  startsAt: number
  endsAt: number
  status: JobStatus
  /** It ended, and not everything was done. */
  isFailed: boolean
  /** Why it is as it is. */
  reason: string
  /** Its capacity has been asked for, and was still to be had. */
  isPrepared: boolean
  /** What is left from an earlier attempt; null = all that the selector finds. */
  readonly only: readonly string[] | null
  phase: WindowPhase
  phaseUntil: number
  /** The latest that was begun. */
  wave: number
  /** Who has it may report of the latest wave. */
  token: string
  /** Of alerts. */
  holds: readonly string[]
  executions: Execution[]
}

export type MaintenanceChange =
  | 'scheduled'
  | 'preparing'
  | 'started'
  | 'wave'
  | 'not-drained'
  | 'progress'
  | 'completed'
  | 'failed'
  | 'missed'
  | 'rescheduled'
  | 'shifted'
  | 'gave-up'
  | 'canceled'

/** Something has happened to a job. */
export interface MaintenanceEvent {
  readonly at: number
  readonly change: MaintenanceChange
  readonly job: string
  readonly kind: string
  readonly window: WindowView | null
  readonly reason: string
}

export type ExecutionCounts = Readonly<Record<ExecutionStatus, number>>

/** A window as it is told: without its token and its executions. */
export interface WindowView {
  readonly id: string
  readonly attempt: number
  readonly plannedAt: number
  readonly startsAt: number
  readonly endsAt: number
  readonly status: JobStatus
  readonly isFailed: boolean
  readonly reason: string
  readonly phase: WindowPhase
  readonly wave: number
  readonly executions: ExecutionCounts
}

export interface JobView {
  readonly spec: MaintenanceSpec
  readonly status: JobStatus
  readonly reason: string
  /** Units that are set apart for it. */
  readonly units: number
  /** The next one, or that which is under way; null = there is none any more. */
  readonly window: WindowView | null
  /** Those that are over, the latest first. */
  readonly past: readonly WindowView[]
}
