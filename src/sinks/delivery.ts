/**
 * Hands a sink what waits for it: one batch at a time, in order, each until it is taken. A sink that is down is tried
 * again, further and further apart; items that it refuses are found by halving the batch, offered as often as the node's
 * policy says, and given up alone.
 */
import type { Clock } from '../core/clock.ts'
import type { Random } from '../core/random.ts'
import type { StagePolicy } from '../pipelines/definition/definition.ts'
import { pauseMs } from './backoff.ts'
import type { SinkQueue } from './buffer/sink-queue.ts'
import type { SinkRecord } from './record.ts'
import { type BatchShape, type Sink, SinkDown, SinkRefusal } from './sink.ts'

export interface DeliveryParts {
  readonly sink: Sink
  readonly queue: SinkQueue
  readonly shape: BatchShape
  readonly policy: Pick<StagePolicy, 'retries' | 'timeoutMs'>
  readonly clock: Clock
  readonly random: Random
  readonly onGivenUp: (record: SinkRecord, cause: string) => void
}

export class Delivery {
  readonly #parts: DeliveryParts
  #limit: number
  #isRunning = false
  #isDraining = false
  #isStopped = false
  /** When the oldest of a batch that isn't full came. */
  #cancelWait: (() => void) | undefined
  #isDue = false
  #endPause: (() => void) | undefined
  #attempt: AbortController | undefined
  #onIdle: (() => void)[] = []
  /** Attempts in a row that failed, and of the first item that were refused. */
  #failures = 0
  #refusals = 0
  #delivered = 0
  #retried = 0
  #givenUp = 0
  #failingSince: number | null = null
  #lastError = ''

  constructor(parts: DeliveryParts) {
    this.#parts = parts
    this.#limit = parts.shape.items
  }

  get figures() {
    return {
      delivered: this.#delivered,
      retried: this.#retried,
      refused: this.#givenUp,
      failingSince: this.#failingSince,
      lastError: this.#lastError,
    }
  }

  /** Something may be ready. */
  wake(): void {
    if (this.#isRunning || this.#isStopped || this.#parts.queue.ready === 0) return
    this.#isRunning = true
    void this.#run().finally(() => this.#rest())
  }

  /** Something went wrong around the sink, such as its spill. */
  note(error: unknown): void {
    this.#lastError = wordsOf(error)
  }

  /** Hands on without waiting for full batches; resolves when nothing waits or `limitMs` are over. */
  async drain(limitMs: number): Promise<void> {
    this.#isDraining = true
    this.#endPause?.()
    this.wake()
    if (limitMs <= 0 || (this.#parts.queue.waiting === 0 && !this.#isRunning)) return
    await new Promise<void>((resolve) => {
      const cancel = this.#parts.clock.after(limitMs, resolve)
      this.#onIdle.push(() => {
        cancel()
        resolve()
      })
    })
  }

  /** Ends the attempt that is being made; there are no others. */
  stop(): void {
    this.#isStopped = true
    this.#cancelWait?.()
    this.#endPause?.()
    this.#attempt?.abort()
    this.#tellIdle()
  }

  /** Lets what was offered in the same go come together. */
  async #run(): Promise<void> {
    await Promise.resolve()
    while (!this.#isStopped && this.#isBatchDue()) await this.#deliver()
  }

  #rest(): void {
    this.#isRunning = false
    const { queue } = this.#parts
    if (this.#isStopped || queue.waiting === 0) this.#tellIdle()
    else if (queue.ready > 0 && this.#isBatchDue()) this.wake()
  }

  #tellIdle(): void {
    for (const tell of this.#onIdle.splice(0)) tell()
  }

  #isBatchDue(): boolean {
    const { queue, shape, clock } = this.#parts
    if (queue.ready === 0) return false
    if (queue.ready >= shape.items || shape.waitMs === 0 || this.#isDraining || this.#isDue) return true
    this.#cancelWait ??= clock.after(shape.waitMs, () => {
      this.#isDue = true
      this.#cancelWait = undefined
      this.wake()
    })
    return false
  }

  async #deliver(): Promise<void> {
    const { queue, shape } = this.#parts
    this.#cancelWait?.()
    this.#cancelWait = undefined
    this.#isDue = false
    const batch = queue.head(this.#limit, shape.bytes)
    try {
      await this.#offer(batch)
      this.#taken(batch.length)
    } catch (error) {
      if (this.#isStopped) return
      await this.#failed(error, batch)
    }
  }

  /** Rejects when the sink does, or doesn't answer in time. */
  async #offer(batch: readonly SinkRecord[]): Promise<void> {
    const { sink, policy, clock } = this.#parts
    const attempt = (this.#attempt = new AbortController())
    const { signal } = attempt
    const limitMs = policy.timeoutMs > 0 ? policy.timeoutMs : USUAL_TIMEOUT_MS
    const words = `no answer within ${limitMs} ms`
    const cancel = clock.after(limitMs, () => attempt.abort(new SinkDown(words)))
    try {
      await Promise.race([aborted(signal), sink.write(batch, signal)])
    } finally {
      cancel()
      this.#attempt = undefined
    }
  }

  #taken(count: number): void {
    this.#delivered += count
    this.#failures = 0
    this.#failingSince = null
    this.#refusals = 0
    this.#limit = Math.min(this.#parts.shape.items, this.#limit * 2)
    this.#parts.queue.settle(count)
  }

  async #failed(error: unknown, batch: readonly SinkRecord[]): Promise<void> {
    this.#lastError = wordsOf(error)
    if (!(error instanceof SinkRefusal))
      return this.#tryAgain(error instanceof SinkDown ? error.retryAfterMs : 0)
    if (batch.length === 1) return this.#refused(batch[0])
    this.#limit = Math.ceil(batch.length / 2)
    this.#retried++
  }

  async #refused(record: SinkRecord): Promise<void> {
    if (this.#refusals++ < this.#parts.policy.retries) return this.#tryAgain(0)
    this.#refusals = 0
    this.#givenUp++
    this.#parts.queue.settle(1)
    this.#parts.onGivenUp(record, this.#lastError)
  }

  async #tryAgain(atLeastMs: number): Promise<void> {
    const { clock, random } = this.#parts
    this.#retried++
    this.#failingSince ??= clock.epochMs()
    const waitMs = pauseMs(this.#failures++, atLeastMs, random)
    await new Promise<void>((resolve) => {
      const cancel = clock.after(waitMs, resolve)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
    this.#endPause = undefined
  }
}

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)))

const LONGEST_WORDS = 512
/** Where the policy has none. */
const USUAL_TIMEOUT_MS = 30_000

function wordsOf(error: unknown): string {
  const words = error instanceof Error ? error.message || error.name : String(error)
  return words.slice(0, LONGEST_WORDS)
}
