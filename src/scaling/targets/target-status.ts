/** What is known of a target, for people and alerts. */
import type { TargetState } from '../../core/scaling.ts'

export interface TargetStatus {
  readonly name: string
  readonly unit: 'worker' | 'node'
  /** What it scales: `deployment iot/millrace`. */
  readonly place: string
  readonly isDryRun: boolean
  readonly reachable: 'unknown' | 'reachable' | 'unreachable'
  /** What was wished last, and what of it the target has taken; null = nothing yet. */
  readonly wished: number | null
  readonly taken: number | null
  /** As last observed, and when (milliseconds since the epoch). */
  readonly observed: TargetState | null
  readonly observedAt: number | null
  /** For how long it has had less, or more, than was wished; 0 = it has it. */
  readonly behindMs: number
  /** In words; '' = none. */
  readonly problem: string
  /** Of the last request that failed, until one succeeds. */
  readonly lastError: string
  readonly requests: TargetRequests
}

export interface TargetRequests {
  /** Requests for a size that were taken. */
  readonly taken: number
  /** Wishes that a newer one replaced before they were sent. */
  readonly coalesced: number
  /** Requests that failed, attempts again included. */
  readonly failed: number
  readonly throttled: number
}

const MINUTE_MS = 60_000

/** What is wrong with a target, in words; the worst first. */
export function problemOf(
  status: Omit<TargetStatus, 'problem'>,
  limits: { readonly failures: number; readonly lateAfterMs: number },
): string {
  const { reachable, lastError, behindMs, wished, observed, unit } = status
  if (reachable === 'unreachable')
    return `unreachable, ${limits.failures} requests in a row failed: ${lastError}`
  if (behindMs <= limits.lateAfterMs || observed === null || wished === null) return ''
  const why = lastError === '' ? '' : `; ${lastError}`
  return `${observed.ready} of ${wished} ${unit}s are ready, and it has not had what was wished for ${spanOf(behindMs)}${why}`
}

const spanOf = (ms: number): string =>
  ms >= MINUTE_MS ? `${Math.floor(ms / MINUTE_MS)} min` : `${Math.floor(ms / 1000)} s`
