/**
 * The way to one kind of target: a request as it is, once. Waiting, trying again, limits and what it comes to when
 * nothing answers are the same for all kinds (steady-target.ts).
 */
import type { TargetState } from '../../core/scaling.ts'

export interface TargetAdapter {
  /** What it scales, for people: `deployment iot/millrace`. */
  readonly place: string
  /** Asks once for `units`; rejects with a TargetFailure if the request wasn't taken. */
  scaleTo(units: number, signal: AbortSignal): Promise<void>
  /** `wished`: what was last taken, null if nothing was; for targets that don't say themselves what they have. */
  observe(wished: number | null, signal: AbortSignal): Promise<TargetState>
  close(): void
}

/**
 * `busy`: something else is at work on it, it answers; `throttled`: asked too often; `unavailable`: no answer, or one
 * that says nothing of the request; `denied`: without a right to; `invalid`: never taken like this.
 */
export type TargetFailureKind = 'busy' | 'throttled' | 'unavailable' | 'denied' | 'invalid'

const FINAL: readonly TargetFailureKind[] = ['denied', 'invalid']

export class TargetFailure extends Error {
  readonly kind: TargetFailureKind
  /** Asked for by the target; 0 = it didn't say. */
  readonly retryAfterMs: number

  constructor(kind: TargetFailureKind, message: string, retryAfterMs = 0) {
    super(message)
    this.name = 'TargetFailure'
    this.kind = kind
    this.retryAfterMs = retryAfterMs
  }

  /** Whether the same request can be taken later without anybody having put something right. */
  get isPassing(): boolean {
    return !FINAL.includes(this.kind)
  }
}

/** Whatever an adapter rejects with, as a failure; what it doesn't know is one that may pass. */
export const failureOf = (error: unknown): TargetFailure =>
  error instanceof TargetFailure ? error : new TargetFailure('unavailable', wordsOf(error))

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Of an answer that isn't 2xx. */
export function kindOfStatus(status: number): TargetFailureKind {
  if (status === 409) return 'busy'
  if (status === 429) return 'throttled'
  if (status === 401 || status === 403) return 'denied'
  return status >= 400 && status < 500 && status !== 408 ? 'invalid' : 'unavailable'
}
