/**
 * A target of any kind, asked steadily: one request for a size at a time, never sooner after another than is allowed, of
 * several wishes the newest; each within a time limit; what fails for a passing reason again and again, further and
 * further apart, what is denied once. It keeps how long the target hasn't had what was wished, and whether it answers.
 */
import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import type { ScalingTarget, TargetState } from '../../core/scaling.ts'
import { pauseMs } from './backoff.ts'
import { Gap } from '../gap.ts'
import { Reach } from './reach.ts'
import type { SteadyOptions } from './steady-options.ts'
import { failureOf, type TargetAdapter, type TargetFailure } from './target-adapter.ts'
import { problemOf, type TargetStatus } from './target-status.ts'
import { pause, within } from './time-limit.ts'

export interface SteadyParts {
  readonly name: string
  readonly unit: 'worker' | 'node'
  readonly adapter: TargetAdapter
  readonly options: SteadyOptions
  readonly clock: Clock
  readonly random: Random
}

interface Waiting {
  readonly resolve: () => void
  readonly reject: (error: MillraceError) => void
}

export class SteadyTarget implements ScalingTarget {
  readonly name: string
  readonly unit: 'worker' | 'node'
  readonly #parts: SteadyParts
  readonly #gap = new Gap()
  readonly #reach: Reach
  readonly #end = new AbortController()
  /** Who waits for the newest wish to be sent. */
  #waiting: Waiting[] = []
  #isAsking = false
  #wished: number | null = null
  #taken: number | null = null
  #takenCount = 0
  #coalesced = 0
  #lastAskedMs = -Infinity
  #lastLookMs = -Infinity
  #look: Promise<TargetState> | null = null
  #observed: TargetState | null = null
  #observedAt: number | null = null

  constructor(parts: SteadyParts) {
    this.name = parts.name
    this.unit = parts.unit
    this.#parts = parts
    this.#reach = new Reach(parts.options.unreachableAfter)
  }

  /** Whether wishes are only noted. */
  get isDryRun(): boolean {
    return this.#parts.options.dryRun
  }

  /**
   * Resolves when the target has taken this wish or a newer one, which can be some time: it isn't for a tick to wait for.
   * Rejects with `target-failed` when it wasn't taken however often it was tried, with `closed`.
   */
  async scaleTo(units: number): Promise<void> {
    if (!Number.isInteger(units) || units < 0)
      throw new MillraceError(
        'bad-request',
        `target ${this.name}: ${units} is not allowed; allowed: a whole number from 0`,
      )
    this.#checkOpen()
    if (this.#waiting.length > 0 && units !== this.#wished) this.#coalesced++
    this.#wished = units
    if (this.isDryRun) return
    this.#gap.wish(units, this.#parts.clock.nowMs())
    await new Promise<void>((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      if (!this.#isAsking) void this.#ask()
    })
  }

  /** The last answer while it is young enough. Rejects with `target-failed`; asks once. */
  async observe(): Promise<TargetState> {
    this.#checkOpen()
    const nowMs = this.#parts.clock.nowMs()
    if (this.#look === null || nowMs - this.#lastLookMs >= this.#parts.options.observeEveryMs) {
      this.#lastLookMs = nowMs
      this.#look = this.#observe()
    }
    return this.#look
  }

  get problem(): string {
    return this.status().problem
  }

  status(): TargetStatus {
    const { clock, options, adapter } = this.#parts
    const { failed, throttled, failures, lastError, state } = this.#reach
    const status = {
      ...{ name: this.name, unit: this.unit, place: adapter.place, isDryRun: this.isDryRun },
      ...{ reachable: state, wished: this.#wished, taken: this.#taken },
      ...{ observed: this.#observed, observedAt: this.#observedAt },
      ...{ behindMs: this.#gap.behindMs(clock.nowMs()), lastError },
      requests: { taken: this.#takenCount, coalesced: this.#coalesced, failed, throttled },
    }
    return { ...status, problem: problemOf(status, { failures, lateAfterMs: options.lateAfterMs }) }
  }

  /** Ends what is under way; whoever waits is told. */
  async close(): Promise<void> {
    if (this.#end.signal.aborted) return
    this.#end.abort()
    this.#settle(this.#waiting.splice(0), this.#closed())
    this.#parts.adapter.close()
  }

  /** Sends wishes until nobody waits. */
  async #ask(): Promise<void> {
    const { clock, options } = this.#parts
    this.#isAsking = true
    while (this.#waiting.length > 0) {
      const waitMs = this.#lastAskedMs + options.minIntervalMs - clock.nowMs()
      if (this.#wished !== this.#taken) await pause(clock, waitMs, this.#end.signal)
      await this.#askNewest()
    }
    this.#isAsking = false
  }

  async #askNewest(): Promise<void> {
    const asked: Waiting[] = []
    for (let failures = 0; ; failures++) {
      asked.push(...this.#waiting.splice(0))
      const failure = await this.#attempt(this.#wished as number)
      if (failure === null) return this.#settle(asked, null)
      if (this.#end.signal.aborted) return this.#settle(asked, this.#closed())
      if (!this.#isWorthAnother(failure, failures)) return this.#settle(asked, this.#failed(failure))
      const { clock, options, random } = this.#parts
      const waitMs = pauseMs(failures, options.backoffMs, failure.retryAfterMs, random)
      await pause(clock, waitMs, this.#end.signal)
    }
  }

  async #attempt(units: number): Promise<TargetFailure | null> {
    if (units === this.#taken) return null
    this.#lastAskedMs = this.#parts.clock.nowMs()
    try {
      await this.#within((signal) => this.#parts.adapter.scaleTo(units, signal))
    } catch (error) {
      return this.#note(error)
    }
    this.#reach.succeeded()
    this.#taken = units
    this.#takenCount++
    // what was observed before says nothing of it any more
    this.#lastLookMs = -Infinity
    return null
  }

  #isWorthAnother(failure: TargetFailure, failures: number): boolean {
    const isReachable = this.#reach.state !== 'unreachable'
    return failure.isPassing && isReachable && failures < this.#parts.options.retries
  }

  async #observe(): Promise<TargetState> {
    const { adapter, clock } = this.#parts
    try {
      const state = await this.#within((signal) => adapter.observe(this.#taken, signal))
      this.#reach.succeeded()
      this.#gap.observed(state.ready, clock.nowMs())
      this.#observed = state
      this.#observedAt = clock.epochMs()
      // somebody else has changed it: the same wish is to be sent again
      if (state.desired !== this.#taken) this.#taken = null
      return state
    } catch (error) {
      throw this.#failed(this.#note(error))
    }
  }

  #within<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    return within(this.#parts.clock, this.#parts.options.timeoutMs, this.#end.signal, work)
  }

  #note(error: unknown): TargetFailure {
    const failure = failureOf(error)
    this.#reach.failedBy(failure)
    return failure
  }

  #settle(waiting: readonly Waiting[], error: MillraceError | null): void {
    for (const { resolve, reject } of waiting) {
      if (error === null) resolve()
      else reject(error)
    }
  }

  #failed(failure: TargetFailure): MillraceError {
    const { name } = this
    const { kind, message } = failure
    return new MillraceError('target-failed', `target ${name}: ${message}`, { target: name, kind }, failure)
  }

  #checkOpen(): void {
    if (this.#end.signal.aborted) throw this.#closed()
  }

  #closed(): MillraceError {
    return new MillraceError('closed', `target ${this.name} is closed`)
  }
}
