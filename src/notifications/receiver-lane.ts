/**
 * The way to one receiver: what waits is told one attempt at a time. What fails is tried again, further and further
 * apart, as it is or with the news by then; what the receiver refuses becomes a dead letter. While the rate is used up,
 * what waits grows, and is then told in one summary.
 */
import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { ReceiverStats } from '../core/stats.ts'
import type { LatencyBuckets } from '../observability/latency-buckets.ts'
import { pauseMs } from '../sinks/backoff.ts'
import { SinkDown, SinkRefusal } from '../sinks/sink.ts'
import { Backlog, isStale, type Parcel, type ToldGroup } from './backlog.ts'
import { type Notification, notificationOf } from './notification.ts'
import { RateLimit } from './rate-limit.ts'
import type { ReceiverOptions } from './receivers/options.ts'
import type { Sender } from './sender.ts'
import type { Telling, TellingOptions } from './telling.ts'

export interface LaneParts {
  readonly options: ReceiverOptions
  readonly sender: Sender
  readonly clock: Clock
  readonly random: Random
  readonly latency: LatencyBuckets
  readonly onGivenUp: (notification: Notification, cause: string) => void
  /** A group has been told, or given up: it may be done with, or have news since. */
  readonly onSettled: (group: ToldGroup) => void
  /** What fires and is known to the receiver, for those that want to hear of it again and again. */
  readonly known: () => Iterable<Alert>
}

interface Attempt extends Parcel {
  readonly beganMs: number
  /** Nobody's loss: the next one says the same. */
  readonly isResend: boolean
}

export class ReceiverLane {
  readonly tellingOptions: TellingOptions
  /** Whether groups that haven't changed are told again. */
  readonly repeats: boolean
  readonly #parts: LaneParts
  readonly #limit: RateLimit
  readonly #backlog: Backlog
  readonly #endResends: () => void
  #isResendDue = false
  #attempt: Attempt | undefined
  #isBusy = false
  #isClosing = false
  #isStopped = false
  #endPause: (() => void) | undefined
  #abort: AbortController | undefined
  #onIdle: (() => void)[] = []
  /** Attempts in a row that failed, and of this notification that were refused. */
  #failures = 0
  #refusals = 0
  #failingSince: number | null = null
  #lastError = ''
  readonly #counts = { delivered: 0, retried: 0, refused: 0, summarised: 0, omitted: 0 }

  constructor(parts: LaneParts) {
    const { options, sender, clock, onSettled } = parts
    const { maxAlerts, resendEveryMs, isByLabels } = sender
    this.#parts = parts
    this.repeats = resendEveryMs === 0
    this.tellingOptions = {
      sendResolved: options.sendResolved,
      mostResolved: options.queue.resolved,
      isByLabels,
    }
    this.#limit = new RateLimit(options.rate, clock.nowMs())
    this.#backlog = new Backlog({ options, maxAlerts, epochMs: () => clock.epochMs(), onSettled })
    this.#endResends = this.repeats ? () => undefined : clock.every(resendEveryMs, () => this.#resend())
  }

  /** Tells it from other lanes of the same receiver. */
  get target(): string {
    return this.#parts.sender.target
  }

  /** The group is due. */
  offer(group: ToldGroup, telling: Telling, isRepeat: boolean): void {
    this.#backlog.offer(group, telling, isRepeat, this.#attempt)
    this.#wakeSoon()
  }

  /** What became a dead letter, or is made up to see whether it arrives. */
  offerAgain(notification: Notification): void {
    this.#backlog.offerAgain(notification)
    this.#wakeSoon()
  }

  stats(): ReceiverStats {
    const { options, sender } = this.#parts
    const { size: waiting, dropped } = this.#backlog
    return {
      ...{ receiver: options.name, kind: sender.kind, target: sender.target },
      ...this.#counts,
      ...{ dropped, waiting, failingSince: this.#failingSince, lastError: this.#lastError },
    }
  }

  /** Hands on what waits for up to `limitMs`, as long as it is taken, then ends. */
  async close(limitMs: number): Promise<void> {
    this.#endResends()
    this.#isClosing = true
    this.#endPause?.()
    if (limitMs > 0 && !this.#isIdle) await this.#whenIdle(limitMs)
    this.#isStopped = true
    this.#endPause?.()
    this.#abort?.abort()
    await this.#parts.sender.close()
  }

  get #isIdle(): boolean {
    return !this.#isBusy && this.#backlog.size === 0
  }

  #whenIdle(limitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.after(limitMs, resolve)
      this.#onIdle.push(() => {
        cancel()
        resolve()
      })
      this.#wakeSoon()
    })
  }

  #tellIdle(): void {
    for (const tell of this.#onIdle.splice(0)) tell()
  }

  #resend(): void {
    // who has not heard what is new yet has not forgotten what is old
    if (this.#isBusy || this.#backlog.size > 0) return
    this.#isResendDue = true
    this.#wakeSoon()
  }

  /** What comes in one go is told in one go. */
  #wakeSoon(): void {
    if (!this.#isBusy) void Promise.resolve().then(() => this.#wake())
  }

  #wake(): void {
    if (this.#isBusy || this.#isStopped || this.#endPause !== undefined) return
    this.#attempt = this.#next()
    if (this.#attempt !== undefined) void this.#try(this.#attempt)
    else if (this.#isIdle) this.#tellIdle()
  }

  /** The last one again, if it failed: with the news by then, if there is any. */
  #next(): Attempt | undefined {
    const { clock } = this.#parts
    const last = this.#attempt
    if (last !== undefined && !isStale(last)) return last
    const nowMs = clock.nowMs()
    const waitMs = last === undefined ? this.#limit.waitMs(nowMs) : 0
    if (waitMs > 0 && this.#backlog.size > 0) {
      this.#backlog.isBehind = this.#backlog.groups > 0
      this.#pause(waitMs)
      return undefined
    }
    const parcel = this.#backlog.next()
    if (parcel === undefined) return this.#nextResend(nowMs)
    if (last === undefined) this.#limit.take(nowMs)
    return { ...parcel, beganMs: last?.beganMs ?? nowMs, isResend: false }
  }

  #nextResend(beganMs: number): Attempt | undefined {
    const firing = this.#isResendDue ? [...this.#parts.known()] : []
    this.#isResendDue = false
    if (firing.length === 0) return undefined
    const { options, sender } = this.#parts
    const nothing = { groupKey: '', groupLabels: {}, groups: 0, omitted: 0, resolved: [], mark: '' }
    const { name: receiver } = options
    const { maxAlerts } = sender
    const notification = notificationOf({ ...nothing, receiver, reason: 'repeat', firing, maxAlerts })
    return { notification, takings: [], sinceMs: Infinity, beganMs, isResend: true }
  }

  async #try(attempt: Attempt): Promise<void> {
    this.#isBusy = true
    try {
      await this.#send(attempt.notification)
      this.#delivered(attempt)
    } catch (error) {
      if (!this.#isStopped) this.#failed(attempt, error)
    } finally {
      this.#isBusy = false
      this.#wake()
    }
  }

  /** Rejects when the sender does, or doesn't answer in time. */
  async #send(notification: Notification): Promise<void> {
    const { sender, options, clock } = this.#parts
    const abort = (this.#abort = new AbortController())
    const { signal } = abort
    const words = `no answer within ${options.timeout} ms`
    const cancel = clock.after(options.timeout, () => abort.abort(new SinkDown(words)))
    try {
      await Promise.race([aborted(signal), sender.send(notification, signal)])
    } finally {
      cancel()
      this.#abort = undefined
    }
  }

  #delivered(attempt: Attempt): void {
    const { latency, clock } = this.#parts
    const { takings, sinceMs, isResend } = attempt
    if (!isResend) this.#counts.delivered++
    if (takings.length > 1) this.#counts.summarised += takings.length
    if (sinceMs !== Infinity) latency.record(clock.nowMs() - sinceMs, 1)
    this.#failingSince = null
    this.#failures = 0
    this.#settle(attempt)
  }

  #settle(attempt: Attempt): void {
    this.#attempt = undefined
    this.#refusals = 0
    this.#counts.omitted += attempt.notification.omitted
    if (!attempt.isResend) this.#backlog.settle(attempt)
  }

  #failed(attempt: Attempt, error: unknown): void {
    const { clock, options } = this.#parts
    const isRefusal = error instanceof SinkRefusal
    this.#lastError = wordsOf(error)
    if (this.#isClosing && !isRefusal) {
      this.#isStopped = true
      return this.#tellIdle()
    }
    this.#failingSince ??= clock.epochMs()
    if (attempt.isResend) this.#settle(attempt)
    const isTooOld = options.giveUpAfter > 0 && clock.nowMs() - attempt.beganMs >= options.giveUpAfter
    const isRefused = isRefusal && this.#refusals++ >= options.retries
    if (!attempt.isResend && (isRefused || isTooOld)) this.#giveUp(attempt, isRefused)
    else this.#tryLater(error)
  }

  #giveUp(attempt: Attempt, isRefused: boolean): void {
    this.#counts.refused++
    // it has answered, so the next one can be tried at once
    if (isRefused) this.#failures = 0
    this.#settle(attempt)
    this.#parts.onGivenUp(attempt.notification, this.#lastError)
  }

  #tryLater(error: unknown): void {
    this.#counts.retried++
    const askedMs = error instanceof SinkDown ? error.retryAfterMs : 0
    this.#pause(pauseMs(this.#failures++, askedMs, this.#parts.random))
  }

  #pause(waitMs: number): void {
    const end = (): void => {
      cancel()
      this.#endPause = undefined
      this.#wakeSoon()
    }
    const cancel = this.#parts.clock.after(waitMs, end)
    this.#endPause = end
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const LONGEST_WORDS = 512

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message || error.name : String(error)
  return words.slice(0, LONGEST_WORDS)
}
