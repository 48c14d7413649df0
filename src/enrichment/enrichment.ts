/**
 * An `enrich` stage: the I/O side's, never a worker's. Up to `concurrency` tries run at once; one that takes too long is
 * told by its AbortSignal and counts as failed whether it listens or not; failed items wait and are tried again; then the
 * fallback answers for them, or they go where the policy says. Results of a key keep the order in which its items came.
 * At most `queueItems` items are here at a time, whatever becomes of them; of what doesn't fit the declared policy decides.
 */
import type { Origin } from '../pipelines/definition/outside.ts'
import { attempt } from './attempt.ts'
import { backoffMs } from './backoff.ts'
import { enriched, type EnrichJob, type EnrichOutcome } from './enrich-job.ts'
import type { EnrichmentFigures, EnrichmentOptions } from './enrichment-options.ts'
import { KeyOrder } from './key-order.ts'

export class Enrichment {
  readonly #options: EnrichmentOptions
  readonly #waiting = new Set<EnrichJob>()
  /** Tried before and due again: they go first. */
  readonly #due: EnrichJob[] = []
  readonly #pausing = new Map<EnrichJob, () => void>()
  readonly #running = new Map<EnrichJob, AbortController>()
  readonly #order: KeyOrder
  readonly #idle: (() => void)[] = []
  readonly #counts = { items: 0, enriched: 0, fallbacks: 0, retries: 0, timeouts: 0, failed: 0, refused: 0 }
  #isClosed = false

  constructor(options: EnrichmentOptions) {
    this.#options = options
    this.#order = new KeyOrder((job) => this.#give(job))
  }

  get figures(): EnrichmentFigures {
    const waiting = this.#waiting.size + this.#due.length
    return { ...this.#counts, waiting, running: this.#running.size, pausing: this.#pausing.size }
  }

  /** Whether an item more finds room; a host that can wait asks first. */
  get hasRoom(): boolean {
    return !this.#isClosed && this.#counts.items < this.#options.queueItems
  }

  push(item: unknown, origin: Origin): void {
    const key = this.#options.keyOf(item, origin)
    const job: EnrichJob = { item, origin, key, failures: 0, outcome: undefined }
    if (this.#isClosed) return this.#refuse(job, 'the stage is closed')
    if (!this.#makeRoom()) return this.#refuse(job, 'the queue is full')
    this.#counts.items++
    this.#order.add(job)
    this.#waiting.add(job)
    this.#start()
  }

  /** Resolves when no item is here any more. */
  async whenIdle(): Promise<void> {
    if (this.#counts.items > 0) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  /** Takes nothing more, ends all tries; items that are still here go where the policy says. */
  close(): void {
    this.#isClosed = true
    for (const cancel of this.#pausing.values()) cancel()
    for (const controller of this.#running.values()) controller.abort(new Error('closed'))
    const left = [...this.#waiting, ...this.#due, ...this.#pausing.keys(), ...this.#running.keys()]
    this.#waiting.clear()
    this.#due.length = 0
    this.#pausing.clear()
    this.#running.clear()
    for (const job of left) this.#decide(job, { type: 'failed', cause: 'closed before it was done' })
  }

  /** True when an item more fits, which may cost the one that waits longest. Those being tried are not evicted. */
  #makeRoom(): boolean {
    if (this.hasRoom) return true
    const [oldest] = this.#waiting
    if (this.#options.whenFull === 'refuse-new' || oldest === undefined) return false
    this.#waiting.delete(oldest)
    this.#order.forget(oldest)
    this.#counts.items--
    this.#refuse(oldest, 'the queue is full')
    return true
  }

  #refuse(job: EnrichJob, cause: string): void {
    this.#counts.refused++
    this.#fail(job, cause)
  }

  #start(): void {
    while (this.#running.size < this.#options.node.concurrency) {
      const job = this.#next()
      if (job === undefined) return
      void this.#try(job)
    }
  }

  #next(): EnrichJob | undefined {
    const due = this.#due.shift()
    if (due !== undefined) return due
    const [job] = this.#waiting
    if (job !== undefined) this.#waiting.delete(job)
    return job
  }

  async #try(job: EnrichJob): Promise<void> {
    const { node, clock } = this.#options
    const controller = new AbortController()
    this.#running.set(job, controller)
    const result = await attempt(node, job.item, controller, clock)
    if (!this.#running.delete(job)) return // closed meanwhile
    if (result.type === 'value') this.#decide(job, this.#answered(job, result.value))
    else {
      if (result.isTimeout) this.#counts.timeouts++
      this.#failed(job, result.cause)
    }
    this.#start()
  }

  #failed(job: EnrichJob, cause: string): void {
    const { node, backoff, clock, random } = this.#options
    job.failures++
    if (job.failures > node.policy.retries) return this.#decide(job, this.#fallback(job, cause))
    this.#counts.retries++
    const pauseMs = backoffMs(backoff, job.failures, random)
    this.#pausing.set(
      job,
      clock.after(pauseMs, () => {
        this.#pausing.delete(job)
        this.#due.push(job)
        this.#start()
      }),
    )
  }

  #fallback({ item }: EnrichJob, cause: string): EnrichOutcome {
    const { fallback, as } = this.#options.node
    if (fallback === undefined) return { type: 'failed', cause }
    try {
      const outcome = enriched(item, as, fallback(item as never))
      if (outcome.type === 'enriched') this.#counts.fallbacks++
      return outcome
    } catch (error) {
      return { type: 'failed', cause: `${cause}; its fallback: ${String(error)}` }
    }
  }

  #answered({ item }: EnrichJob, value: unknown): EnrichOutcome {
    const outcome = enriched(item, this.#options.node.as, value)
    if (outcome.type === 'enriched') this.#counts.enriched++
    return outcome
  }

  #decide(job: EnrichJob, outcome: EnrichOutcome): void {
    job.outcome = outcome
    this.#order.decided(job.key)
  }

  #give(job: EnrichJob): void {
    const { outcome, origin } = job
    this.#counts.items--
    if (outcome?.type === 'enriched') this.#options.onItem(outcome.item, origin)
    else this.#fail(job, outcome?.cause ?? 'undecided')
    if (this.#counts.items === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #fail({ item, origin }: EnrichJob, cause: string): void {
    const { node, onDeadLetter } = this.#options
    this.#counts.failed++
    if (node.policy.onError === 'dead-letter') onDeadLetter({ node: node.id, cause, item, origin })
  }
}
