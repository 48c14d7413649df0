import { once } from 'node:events'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import { observeCursor, publishCursor } from '../memory/atomics.ts'
import * as A from '../memory/layout/control.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { Foundation } from './foundation.ts'
import type { LostWork } from './lost-work.ts'
import type { MetricAnnouncement } from './threads/metric-names.ts'
import type { WorkerRecipe } from './threads/recipe.ts'

const IDLE_TIMEOUT_MS = 200
const ENDING_POLL_MS = 2

export interface WorkerPoolParts {
  readonly foundation: Foundation
  readonly recipe: WorkerRecipe
  readonly clock: Clock
  readonly lostWork: LostWork
  readonly options: {
    readonly max: number
    readonly reserveCritical: boolean
    readonly hangTimeoutMs: number
  }
  readonly announcements: () => MetricAnnouncement[]
  readonly onFailure: (error: unknown) => void
}

/** A place in the pool: a worker number with its slot, counters and egress ring. */
interface Seat {
  readonly worker: number
  readonly slot: number
  wanted: boolean
  running: Promise<void> | undefined
  abort: AbortController | undefined
  metrics: MessagePort | undefined
  heartbeat: number
  heartbeatAtMs: number
  failures: number
}

/**
 * The worker threads. Piscina owns them; each runs one long-lived drain task, and the pool's size is the number of
 * these tasks. A task that ends without having been told to (crash) or gives no sign of life in user code (hang) is
 * replaced, and what it was at is handed to LostWork first.
 */
export class WorkerPool {
  readonly #parts: WorkerPoolParts
  readonly #piscina: Piscina
  readonly #seats: Seat[]
  #size = 0
  #replaced = 0
  #closing = false
  readonly #stopWatching: () => void

  constructor(parts: WorkerPoolParts) {
    const { options, recipe, clock, foundation } = parts
    this.#parts = parts
    this.#piscina = new Piscina({
      filename: new URL('./threads/drain.worker.js', DIST).href,
      workerData: recipe,
      minThreads: 0,
      maxThreads: options.max,
      concurrentTasksPerWorker: 1,
      idleTimeout: IDLE_TIMEOUT_MS,
      recordTiming: false,
    })
    this.#piscina.on('error', parts.onFailure)
    this.#seats = Array.from({ length: options.max }, (_, worker) => ({
      worker,
      slot: placeOf.workerAgent(foundation.plan, worker),
      wanted: false,
      running: undefined,
      abort: undefined,
      metrics: undefined,
      heartbeat: 0,
      heartbeatAtMs: 0,
      failures: 0,
    }))
    const everyMs = Math.max(10, Math.min(1000, options.hangTimeoutMs / 4))
    this.#stopWatching = clock.every(everyMs, () => this.#watch())
  }

  get size(): number {
    return this.#size
  }

  /** Workers that are at work and not waiting. */
  get busy(): number {
    const states = this.#seats.map(({ slot }) => observeCursor(this.#i32, slot + A.AGENT_STATE))
    return states.filter((state) => state === A.AGENT_RUNNING || state === A.AGENT_IN_USER_CODE).length
  }

  /** Workers that crashed or hung and were replaced. */
  get replaced(): number {
    return this.#replaced
  }

  /** Resolves when `size` workers are at their lanes, and those too many have left theirs. */
  async resize(size: number): Promise<void> {
    this.#size = size
    const reserved = this.#parts.options.reserveCritical && size > 1
    const changes = this.#seats.map((seat) => {
      publishCursor(this.#i32, seat.slot + A.AGENT_RESERVED, reserved && seat.worker === 0 ? 1 : 0)
      return seat.worker < size ? this.#fill(seat) : this.#empty(seat)
    })
    this.#parts.foundation.signals.wakeAll()
    await Promise.all(changes)
  }

  /** Tells the workers of a metric, before readings of it can come. */
  announce(announcement: MetricAnnouncement): void {
    for (const { metrics } of this.#seats) metrics?.postMessage([announcement])
  }

  async close(): Promise<void> {
    this.#closing = true
    this.#stopWatching()
    await this.resize(0)
    await this.#piscina.destroy()
  }

  async #fill(seat: Seat): Promise<void> {
    seat.wanted = true
    if (seat.running === undefined) this.#start(seat)
    while (seat.running !== undefined && observeCursor(this.#i32, seat.slot + A.AGENT_STATE) === A.AGENT_OFF)
      await this.#moment()
  }

  async #empty(seat: Seat): Promise<void> {
    seat.wanted = false
    publishCursor(this.#i32, seat.slot + A.AGENT_STOP, 1)
    this.#parts.foundation.signals.wakeAll()
    await seat.running
  }

  #start(seat: Seat): void {
    const channel = new MessageChannel()
    channel.port1.unref()
    channel.port1.postMessage(this.#parts.announcements())
    seat.metrics = channel.port1
    seat.abort = new AbortController()
    seat.heartbeatAtMs = this.#parts.clock.nowMs()
    publishCursor(this.#i32, seat.slot + A.AGENT_STOP, 0)
    publishCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID, -1)
    const task = { worker: seat.worker, metrics: channel.port2 }
    const options = { transferList: [channel.port2], signal: seat.abort.signal }
    seat.running = this.#piscina.run(task, options).then(
      () => this.#ended(seat),
      (error: unknown) => this.#failed(seat, error),
    )
  }

  #ended(seat: Seat): void {
    seat.metrics?.close()
    seat.running = undefined
    seat.failures = 0
    if (seat.wanted && !this.#closing) this.#start(seat)
  }

  /** The thread must be gone before anybody else touches what it held. */
  async #failed(seat: Seat, error: unknown): Promise<void> {
    await this.#threadGone(seat)
    seat.metrics?.close()
    this.#replaced++
    this.#parts.onFailure(error)
    this.#parts.lostWork.recover(seat.worker, error)
    seat.running = undefined
    const started = observeCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID) >= 0
    seat.failures = started ? 0 : seat.failures + 1
    // a worker that never gets as far as its lanes would only fail again
    if (seat.wanted && !this.#closing && seat.failures < 3) this.#start(seat)
  }

  async #threadGone(seat: Seat): Promise<void> {
    const threadId = observeCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID)
    const thread = this.#piscina.threads.find((candidate) => candidate.threadId === threadId)
    if (thread !== undefined && thread.threadId > 0) await once(thread, 'exit')
  }

  /** A heartbeat that stands still in user code for too long is a hang. */
  #watch(): void {
    const nowMs = this.#parts.clock.nowMs()
    for (const seat of this.#seats) {
      const heartbeat = observeCursor(this.#i32, seat.slot + A.AGENT_HEARTBEAT)
      const inUserCode = observeCursor(this.#i32, seat.slot + A.AGENT_STATE) === A.AGENT_IN_USER_CODE
      if (heartbeat !== seat.heartbeat || !inUserCode) {
        seat.heartbeat = heartbeat
        seat.heartbeatAtMs = nowMs
      } else if (nowMs - seat.heartbeatAtMs > this.#parts.options.hangTimeoutMs) {
        seat.heartbeatAtMs = nowMs
        const message = `worker ${seat.worker} was in user code for more than ${this.#parts.options.hangTimeoutMs} ms`
        seat.abort?.abort(new MillraceError('pipeline-failed', message, { worker: seat.worker }))
      }
    }
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ENDING_POLL_MS, resolve))
  }

  get #i32(): Int32Array {
    return this.#parts.foundation.memory.i32
  }
}

/** Threads run what was built, wherever this file itself is run from (tests run it from the sources). */
const DIST = new URL('../../dist/engine/', import.meta.url)
