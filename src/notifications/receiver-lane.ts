/**
 * The way to one receiver: groups that wait to be told, in the order they came, one attempt at a time. What fails is
 * tried again, further and further apart; what the receiver refuses becomes a dead letter. While the rate is used up, or
 * too many groups wait, what waits is told in one summary. A group waits once, however much happens to it: so nothing
 * is told out of order, and no end before its beginning.
 */
import type { Alert } from '../core/alert.ts'
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { ReceiverStats } from '../core/stats.ts'
import type { LatencyBuckets } from '../observability/latency-buckets.ts'
import { pauseMs } from '../sinks/backoff.ts'
import { SinkDown, SinkRefusal } from '../sinks/sink.ts'
import { type Contents, type Notification, notificationOf } from './notification.ts'
import type { ReceiverOptions } from './receivers/options.ts'
import { RateLimit } from './rate-limit.ts'
import type { Sender } from './sender.ts'
import type { Taken, Telling, TellingOptions } from './telling.ts'

/** What the lane knows of a group. */
export interface ToldGroup {
  readonly key: string
  readonly labels: Readonly<Record<string, string>>
}

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

interface Waiting {
  readonly group: ToldGroup
  isRepeat: boolean
}

interface Attempt {
  readonly notification: Notification
  readonly takings: readonly (readonly [Telling, Taken])[]
  readonly sinceMs: number
  readonly beganMs: number
  /** Nobody's loss: the next one says the same. */
  readonly isResend: boolean
}

export class ReceiverLane {
  readonly tellingOptions: TellingOptions
  readonly repeats: boolean
  readonly #parts: LaneParts
  readonly #limit: RateLimit
  readonly #waiting = new Map<Telling, Waiting>()
  readonly #again: Notification[] = []
  #isResendDue = false
  #attempt: Attempt | undefined
  #isBusy = false
  #isBehind = false
  #isClosing = false
  #isStopped = false
  #endPause: (() => void) | undefined
  #abort: AbortController | undefined
  #onIdle: (() => void)[] = []
  readonly #endResends: () => void
  #failures = 0
  #refusals = 0
  #failingSince: number | null = null
  #lastError = ''
  readonly #counts = { delivered: 0, retried: 0, refused: 0, dropped: 0, summarised: 0, omitted: 0 }

  constructor(parts: LaneParts) {
    const { options, sender, clock } = parts
    this.#parts = parts
    this.repeats = sender.resendEveryMs === 0
    this.tellingOptions = {
      sendResolved: options.sendResolved,
      mostResolved: options.queue.resolved,
      isByLabels: sender.isByLabels,
    }
    this.#limit = new RateLimit(options.rate, clock.nowMs())
    this.#endResends =
      sender.resendEveryMs === 0 ? () => undefined : clock.every(sender.resendEveryMs, () => this.#resend())
  }

  get name(): string {
    return this.#parts.options.name
  }

  /** Tells it from other lanes of the same receiver. */
  get target(): string {
    return this.#parts.sender.target
  }

  /** The group is due. */
  offer(group: ToldGroup, telling: Telling, isRepeat: boolean): void {
    const waiting = this.#waiting.get(telling)
    if (waiting !== undefined) return
    telling.isOffered = true
    this.#waiting.set(telling, { group, isRepeat: isRepeat && !telling.hasNews })
    if (this.#waiting.size > this.#parts.options.queue.groups) this.#overflow(telling)
    this.#wakeSoon()
  }

  /** What became a dead letter, or is made up to see whether it arrives. */
  offerAgain(notification: Notification): void {
    this.#again.push(notification)
    this.#wakeSoon()
  }

  stats(): ReceiverStats {
    const { options, sender } = this.#parts
    return {
      ...{ receiver: options.name, kind: sender.kind, target: sender.target },
      ...this.#counts,
      waiting: this.#waiting.size + this.#again.length,
      failingSince: this.#failingSince,
      lastError: this.#lastError,
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
    return !this.#isBusy && this.#waiting.size === 0 && this.#again.length === 0
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

  #resend(): void {
    // who has not heard what is new yet has not forgotten what is old
    if (this.#isBusy || this.#waiting.size > 0) return
    this.#isResendDue = true
    this.#wakeSoon()
  }

  #overflow(newest: Telling): void {
    const { whenFull } = this.#parts.options.queue
    if (whenFull === 'summarise') {
      this.#isBehind = true
      return
    }
    const inAttempt = new Set(this.#attempt?.takings.map(([telling]) => telling))
    const oldest = [...this.#waiting.keys()].find((telling) => !inAttempt.has(telling)) ?? newest
    const loser = whenFull === 'drop-newest' ? newest : oldest
    const { group } = this.#waiting.get(loser) as Waiting
    this.#counts.dropped++
    loser.drop(this.#parts.clock.epochMs())
    this.#leave(loser)
    this.#parts.onSettled(group)
  }

  #leave(telling: Telling): void {
    this.#waiting.delete(telling)
    telling.isOffered = false
  }

  /** What comes in one go is told in one go. */
  #wakeSoon(): void {
    if (!this.#isBusy) void Promise.resolve().then(() => this.#wake())
  }

  #wake(): void {
    if (this.#isBusy || this.#isStopped || this.#endPause !== undefined) return
    const attempt = this.#next()
    this.#attempt = attempt
    if (attempt !== undefined) void this.#try(attempt)
    else if (this.#isIdle) this.#tellIdle()
  }

  #tellIdle(): void {
    for (const tell of this.#onIdle.splice(0)) tell()
  }

  #next(): Attempt | undefined {
    const last = this.#attempt
    if (last !== undefined && !isStale(last)) return last
    const waitMs = this.#limit.waitMs(this.#parts.clock.nowMs())
    const isNew = last === undefined
    if (isNew && waitMs > 0 && (this.#waiting.size > 0 || this.#again.length > 0)) {
      this.#isBehind = this.#waiting.size > 0
      this.#pause(waitMs)
      return undefined
    }
    const composed = this.#compose()
    const attempt = composed && { ...composed, beganMs: last?.beganMs ?? composed.beganMs }
    if (isNew && attempt !== undefined && !attempt.isResend) this.#limit.take(this.#parts.clock.nowMs())
    return attempt
  }

  #compose(): Attempt | undefined {
    const [again] = this.#again
    if (again !== undefined) return this.#attemptOf(again, [], Infinity)
    const all = this.#isBehind && this.#waiting.size > 1
    const chosen: [Telling, Taken][] = []
    for (const [telling, { group, isRepeat }] of this.#waiting) {
      const taken = telling.take(isRepeat)
      if (taken !== undefined) chosen.push([telling, taken])
      else this.#skip(telling, group)
      if (chosen.length > 0 && !all) break
    }
    if (chosen.length > 0)
      return this.#attemptOf(notificationOf(this.#contentsOf(chosen)), chosen, sinceOf(chosen))
    this.#isBehind = false
    return this.#isResendDue ? this.#composeResend() : undefined
  }

  /** There is nothing to tell of it any more. */
  #skip(telling: Telling, group: ToldGroup): void {
    this.#leave(telling)
    this.#parts.onSettled(group)
  }

  #contentsOf(chosen: readonly [Telling, Taken][]): Contents {
    const [[telling, taken]] = chosen
    const waiting = this.#waiting.get(telling) as Waiting
    const sum = {
      receiver: this.name,
      maxAlerts: this.#parts.sender.maxAlerts,
      mark: chosen.map(([{ lastToldAt }]) => lastToldAt).join(),
      groups: chosen.length,
    }
    if (chosen.length === 1) {
      const { key: groupKey, labels: groupLabels } = waiting.group
      const reason = waiting.isRepeat && !telling.hasNews ? 'repeat' : 'news'
      return { ...sum, reason, groupKey, groupLabels, ...taken }
    }
    const all = chosen.map(([, each]) => each)
    return {
      ...{ ...sum, reason: 'summary', groupKey: '', groupLabels: {} },
      firing: unique(all.flatMap(({ firing }) => firing)),
      resolved: unique(all.flatMap(({ resolved }) => resolved)),
      omitted: all.reduce((count, { omitted }) => count + omitted, 0),
    }
  }

  #composeResend(): Attempt | undefined {
    this.#isResendDue = false
    const firing = [...this.#parts.known()]
    if (firing.length === 0) return undefined
    const nothing = { groupKey: '', groupLabels: {}, groups: 0, omitted: 0, resolved: [], mark: '' }
    const { maxAlerts } = this.#parts.sender
    const notification = notificationOf({
      ...nothing,
      receiver: this.name,
      reason: 'repeat',
      firing,
      maxAlerts,
    })
    return { ...this.#attemptOf(notification, [], Infinity), isResend: true }
  }

  #attemptOf(notification: Notification, takings: Attempt['takings'], sinceMs: number): Attempt {
    return { notification, takings, sinceMs, beganMs: this.#parts.clock.nowMs(), isResend: false }
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
    if (!attempt.isResend) this.#counts.delivered++
    if (attempt.takings.length > 1) this.#counts.summarised += attempt.takings.length
    if (attempt.sinceMs !== Infinity) latency.record(clock.nowMs() - attempt.sinceMs, 1)
    this.#failingSince = null
    this.#settle(attempt)
  }

  #settle({ takings, notification, isResend }: Attempt): void {
    this.#attempt = undefined
    this.#failures = 0
    this.#refusals = 0
    this.#counts.omitted += notification.omitted
    if (takings.length === 0 && !isResend) this.#again.shift()
    for (const [telling, taken] of takings) {
      telling.settle(taken, this.#parts.clock.epochMs())
      const waiting = this.#waiting.get(telling)
      this.#leave(telling)
      if (waiting !== undefined) this.#parts.onSettled(waiting.group)
    }
    if (this.#waiting.size <= 1) this.#isBehind = false
  }

  #failed(attempt: Attempt, error: unknown): void {
    const { clock, random, options } = this.#parts
    this.#lastError = wordsOf(error)
    if (this.#isClosing && !(error instanceof SinkRefusal)) {
      this.#isStopped = true
      return this.#tellIdle()
    }
    this.#failingSince ??= clock.epochMs()
    const isRefused = error instanceof SinkRefusal && this.#refusals++ >= options.retries
    const isTooOld = options.giveUpAfter > 0 && clock.nowMs() - attempt.beganMs >= options.giveUpAfter
    if (attempt.isResend) return this.#pauseAfter(error, () => this.#settle(attempt))
    if (isRefused || isTooOld) return this.#giveUp(attempt)
    this.#counts.retried++
    const askedMs = error instanceof SinkDown ? error.retryAfterMs : 0
    this.#pause(pauseMs(this.#failures++, askedMs, random))
  }

  /** The next one is tried only when it may be. */
  #pauseAfter(error: unknown, settle: () => void): void {
    const failures = this.#failures
    settle()
    this.#failures = failures + 1
    this.#counts.retried++
    this.#pause(pauseMs(failures, error instanceof SinkDown ? error.retryAfterMs : 0, this.#parts.random))
  }

  #giveUp(attempt: Attempt): void {
    this.#counts.refused++
    this.#settle(attempt)
    this.#parts.onGivenUp(attempt.notification, this.#lastError)
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

const isStale = ({ takings }: Attempt): boolean =>
  takings.some(([telling, { version }]) => telling.version !== version)

const sinceOf = (chosen: readonly [Telling, Taken][]): number =>
  chosen.reduce((least, [, { sinceMs }]) => Math.min(least, sinceMs), Infinity)

/** An alert can be in several groups. */
const unique = (alerts: readonly Alert[]): Alert[] => [
  ...new Map(alerts.map((alert) => [alert.id, alert])).values(),
]

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const LONGEST_WORDS = 512

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message || error.name : String(error)
  return words.slice(0, LONGEST_WORDS)
}
