import { once } from 'node:events'
import { MessageChannel, type MessagePort, type Worker } from 'node:worker_threads'
import { Piscina } from 'piscina'
import { programFile } from '../core/package-files.ts'
import type { Clock } from '../core/clock.ts'
import { isDoneWithin } from '../core/patience.ts'
import { MillraceError } from '../core/errors.ts'
import { observeCursor, publishCursor } from '../memory/atomics.ts'
import * as A from '../memory/layout/control.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { StreamRecipe } from '../pipelines/stream-recipe.ts'
import type { Foundation } from './foundation.ts'
import type { LostWork } from './lost-work.ts'
import { RestartPace } from './restart-pace.ts'
import type { MetricAnnouncement } from './threads/metric-names.ts'
import type { DrainTask, WorkerRecipe } from './threads/recipe.ts'

const ENDING_POLL_MS = 2
/** By then whoever has started the engine, or changed the pool, has what it waited for. */
const READY_AFTER_MS = 1000

export interface WorkerPoolParts {
  readonly foundation: Foundation
  readonly recipe: WorkerRecipe
  readonly clock: Clock
  readonly lostWork: LostWork
  readonly options: {
    readonly max: number
    /** Threads that are loaded beyond those of the workers, and how long others stay that have nothing to do. */
    readonly warm: number
    readonly idleMs: number
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
  /** What ended it, when this side has, and its thread, which Piscina forgets at once. */
  ended: { cause: MillraceError; thread: Worker | undefined } | undefined
  heartbeat: number
  /** Looks in a row that found the same heartbeat in user code. */
  standstills: number
  /** Starts in a row that did not get as far as the lanes. */
  misstarts: number
  /** Why the last one did not. */
  misstart: MillraceError | undefined
  readonly pace: RestartPace
  /** Calls off the next start. */
  callOff: (() => void) | undefined
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
  /** Why a thread did not get as far as its first task. */
  #loadFailure: MillraceError | undefined
  #streams: readonly StreamRecipe[] = []
  /** Nobody is to begin until `setStreams` is done. */
  #isPaused = false
  readonly #stops: readonly (() => void)[]
  /** Threads that are being loaded for later, or kept from ending. */
  #readying = 0
  #callOffReady = (): void => undefined

  constructor(parts: WorkerPoolParts) {
    const { options, recipe, clock, foundation } = parts
    this.#parts = parts
    this.#piscina = new Piscina({
      filename: programFile('engine/threads/drain.entry.cjs').href,
      workerData: recipe,
      // not minThreads: of those that fail to load, Piscina would start others for ever
      minThreads: 0,
      maxThreads: options.max,
      concurrentTasksPerWorker: 1,
      idleTimeout: options.idleMs,
      recordTiming: false,
    })
    this.#piscina.on('error', (error) => this.#failedToLoad(error))
    this.#seats = Array.from({ length: options.max }, (_, worker) => ({
      worker,
      slot: placeOf.workerAgent(foundation.plan, worker),
      wanted: false,
      running: undefined,
      abort: undefined,
      metrics: undefined,
      ended: undefined,
      heartbeat: 0,
      standstills: 0,
      misstarts: 0,
      misstart: undefined,
      pace: new RestartPace(),
      callOff: undefined,
    }))
    const everyMs = Math.max(10, Math.min(1000, options.hangTimeoutMs / 4))
    // looks are counted, not time: this thread may have been held up itself, and the worker by it
    const patience = Math.ceil(options.hangTimeoutMs / everyMs)
    this.#stops = [
      clock.every(everyMs, () => this.#watch(patience)),
      clock.every(options.idleMs / 2, () => this.#keepReady()),
    ]
  }

  get size(): number {
    return this.#size
  }

  /** Workers that are at work and not waiting. */
  get busy(): number {
    const states = this.#seats.map(({ slot }) => observeCursor(this.#i32, slot + A.AGENT_STATE))
    return states.filter((state) => state === A.AGENT_RUNNING || state === A.AGENT_IN_USER_CODE).length
  }

  /** Workers that are at their lanes. */
  get running(): number {
    return this.#seats.filter(({ wanted, slot }) => {
      return wanted && observeCursor(this.#i32, slot + A.AGENT_STATE) !== A.AGENT_OFF
    }).length
  }

  /** Threads that are loaded, at work or not. */
  get threads(): number {
    return this.#piscina.threads.length
  }

  /** Workers that crashed or hung and were replaced. */
  get replaced(): number {
    return this.#replaced
  }

  /**
   * Resolves when `size` workers are at their lanes, and those too many have left theirs. Fails with `pipeline-failed`
   * when a thread does not get as far.
   */
  async resize(size: number): Promise<void> {
    this.#size = size
    this.#loadFailure = undefined
    const reserved = this.#parts.options.reserveCritical && size > 1
    const changes = this.#seats.map((seat) => {
      publishCursor(this.#i32, seat.slot + A.AGENT_RESERVED, reserved && seat.worker === 0 ? 1 : 0)
      return seat.worker < size ? this.#fill(seat) : this.#empty(seat)
    })
    this.#parts.foundation.signals.wakeAll()
    await Promise.all(changes)
    this.#callOffReady()
    if (!this.#closing) this.#callOffReady = this.#parts.clock.after(READY_AFTER_MS, () => this.#keepReady())
  }

  /**
   * Resolves when every worker runs what `prepare` returns. All leave their lanes for that moment, in which `prepare` is
   * called; nothing is lost. When it fails they go on as before. Throws what keeps a worker from running these.
   */
  async setStreams(prepare: () => Promise<readonly StreamRecipe[]>): Promise<void> {
    this.#isPaused = true
    try {
      await this.#leaveLanes()
      this.#streams = await prepare()
    } finally {
      this.#isPaused = false
      const wanted = this.#closing ? [] : this.#seats.filter((seat) => seat.wanted)
      await Promise.all(wanted.map((seat) => this.#fill(seat)))
    }
    const failed = this.#seats.find(({ wanted, running, misstart }) => wanted && !running && misstart)
    if (failed?.misstart !== undefined) throw failed.misstart
  }

  async #leaveLanes(): Promise<void> {
    const tasks = this.#seats.flatMap(({ running }) => (running === undefined ? [] : [running]))
    for (const { slot, running } of this.#seats)
      if (running !== undefined) publishCursor(this.#i32, slot + A.AGENT_STOP, 1)
    this.#parts.foundation.signals.wakeAll()
    await Promise.all(tasks)
  }

  /** Tells the workers of a metric, before readings of it can come. */
  announce(announcement: MetricAnnouncement): void {
    for (const { metrics } of this.#seats) metrics?.postMessage([announcement])
  }

  /** Workers that have not left their lanes after `patienceMs`, because user code doesn't return, are ended. */
  async close(patienceMs: number): Promise<void> {
    this.#closing = true
    const couldStart = this.#loadFailure === undefined
    this.#callOffReady()
    const emptied = this.resize(0)
    // tasks that no thread has taken yet end with the pool
    if (couldStart) await isDoneWithin(this.#parts.clock, patienceMs, emptied)
    for (const stop of this.#stops) stop()
    await this.#piscina.destroy()
    await emptied
  }

  async #fill(seat: Seat): Promise<void> {
    seat.wanted = true
    while (this.#isPaused) await this.#moment()
    if (!seat.wanted) return
    if (seat.running === undefined) this.#start(seat)
    while (
      seat.running !== undefined &&
      observeCursor(this.#i32, seat.slot + A.AGENT_STATE) === A.AGENT_OFF
    ) {
      if (this.#loadFailure !== undefined) throw this.#loadFailure
      await this.#moment()
    }
  }

  /**
   * Some threads that nobody wants yet load all the same: on a busy machine that takes as long as a second. Piscina ends those
   * that were given nothing for `idleMs`; these are given something, each time the same ones, for it asks the first that is free.
   */
  #keepReady(): void {
    const { max, warm } = this.#parts.options
    const wanted = this.#closing ? 0 : Math.min(warm, max - this.#size) - this.#readying
    for (let i = 0; i < wanted; i++) {
      this.#readying++
      // what fails here has been told by then, as an error of the pool or of its closing
      const done = this.#piscina.run(undefined, { name: 'getReady' }).catch(() => undefined)
      void done.then(() => this.#readying--)
    }
  }

  #failedToLoad(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error)
    const message = `a worker thread cannot start: ${reason}`
    this.#loadFailure = new MillraceError('pipeline-failed', message, {}, error)
    this.#parts.onFailure(this.#loadFailure)
  }

  async #empty(seat: Seat): Promise<void> {
    seat.wanted = false
    seat.callOff?.()
    publishCursor(this.#i32, seat.slot + A.AGENT_STOP, 1)
    this.#parts.foundation.signals.wakeAll()
    await seat.running
  }

  #start(seat: Seat): void {
    seat.callOff?.()
    seat.callOff = undefined
    if (this.#isPaused) return
    const channel = new MessageChannel()
    channel.port1.unref()
    channel.port1.postMessage(this.#parts.announcements())
    seat.metrics = channel.port1
    seat.abort = new AbortController()
    seat.ended = undefined
    seat.standstills = 0
    publishCursor(this.#i32, seat.slot + A.AGENT_STOP, 0)
    publishCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID, -1)
    const task: DrainTask = { worker: seat.worker, metrics: channel.port2, streams: this.#streams }
    const options = { transferList: [channel.port2], signal: seat.abort.signal }
    seat.running = this.#piscina.run(task, options).then(
      () => this.#ended(seat),
      (error: unknown) => this.#failed(seat, error),
    )
  }

  #ended(seat: Seat): void {
    seat.metrics?.close()
    seat.running = undefined
    seat.misstarts = 0
    seat.misstart = undefined
    if (seat.wanted && !this.#closing) this.#start(seat)
  }

  /** The thread must be gone before anybody else touches what it held. */
  async #failed(seat: Seat, reason: unknown): Promise<void> {
    await gone(seat.ended?.thread ?? this.#threadOf(seat))
    const error = seat.ended?.cause ?? reason
    seat.metrics?.close()
    const started = observeCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID) >= 0
    if (started || !this.#closing) this.#noteFailure(seat, error)
    seat.running = undefined
    seat.misstarts = started ? 0 : seat.misstarts + 1
    seat.misstart = started ? undefined : misstartOf(error)
    // a worker that never gets as far as its lanes would only fail again
    if (seat.wanted && !this.#closing && seat.misstarts < 3) this.#startLater(seat)
  }

  #startLater(seat: Seat): void {
    const { clock } = this.#parts
    const pauseMs = seat.pace.failed(clock.nowMs())
    if (pauseMs === 0) this.#start(seat)
    else seat.callOff = clock.after(pauseMs, () => this.#start(seat))
  }

  #noteFailure(seat: Seat, error: unknown): void {
    this.#replaced++
    this.#parts.onFailure(error)
    this.#parts.lostWork.recover(seat.worker, error)
  }

  #threadOf(seat: Seat): Worker | undefined {
    const threadId = observeCursor(this.#i32, seat.slot + A.AGENT_THREAD_ID)
    return this.#piscina.threads.find((candidate) => candidate.threadId === threadId)
  }

  /** A heartbeat that stands still in user code for too long is a hang. */
  #watch(patience: number): void {
    for (const seat of this.#seats) {
      const heartbeat = observeCursor(this.#i32, seat.slot + A.AGENT_HEARTBEAT)
      const inUserCode = observeCursor(this.#i32, seat.slot + A.AGENT_STATE) === A.AGENT_IN_USER_CODE
      seat.standstills = heartbeat === seat.heartbeat && inUserCode ? seat.standstills + 1 : 0
      seat.heartbeat = heartbeat
      if (seat.standstills > patience && seat.ended === undefined) this.#end(seat)
    }
  }

  #end(seat: Seat): void {
    const { worker } = seat
    const { hangTimeoutMs } = this.#parts.options
    const message = `worker ${worker} was in user code for more than ${hangTimeoutMs} ms`
    const cause = new MillraceError('pipeline-failed', message, { worker })
    seat.ended = { cause, thread: this.#threadOf(seat) }
    seat.abort?.abort(cause)
  }

  #moment(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(ENDING_POLL_MS, resolve))
  }

  get #i32(): Int32Array {
    return this.#parts.foundation.memory.i32
  }
}

function misstartOf(error: unknown): MillraceError {
  const reason = error instanceof Error ? error.message : String(error)
  return new MillraceError('pipeline-failed', `a worker cannot begin: ${reason}`, {}, error)
}

/** Resolves when the thread runs no longer. */
async function gone(thread: Worker | undefined): Promise<void> {
  if (thread !== undefined && thread.threadId > 0) await once(thread, 'exit')
}
