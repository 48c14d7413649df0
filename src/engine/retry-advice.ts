import type { Clock } from '../core/clock.ts'
import { type RefusalReason } from '../core/refusal.ts'
import { TIERS } from '../core/tiers.ts'
import { observeCursor, publishCursor } from '../memory/atomics.ts'
import { CONTROL_RETRY_MS } from '../memory/layout/control.layout.ts'
import * as C from '../memory/layout/counters.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { Foundation } from './foundation.ts'

const MIN_MS = 100
const MAX_MS = 10_000
/** A disk that is full or slow stays so for longer than a backlog. */
const MIN_STORAGE_MS = 1000
/** Where everybody waited for all of the backlog to be gone, the workers would stand idle. */
const SHARE = 1 / 4
/** Weight of the latest measurement of how much is processed. */
const SMOOTHING = 0.3
const TWO_32 = 0x1_0000_0000

/**
 * How long refused senders are told to wait: a part of the time that it takes to work off what waits. The main thread
 * finds it a few times a second, and listeners on all threads read it.
 */
export class RetryAdvice {
  readonly #foundation: Pick<Foundation, 'memory' | 'plan'>
  readonly #clock: Clock
  #lastMs: number
  #lastDone: number
  #lastBacklog = 0
  /** Measured only while there is something to do; undefined = never yet. */
  #donePerMs: number | undefined

  constructor(foundation: Pick<Foundation, 'memory' | 'plan'>, clock: Clock) {
    this.#foundation = foundation
    this.#clock = clock
    this.#lastMs = clock.nowMs()
    this.#lastDone = this.#done()
  }

  /** Call it a few times a second. */
  update(): void {
    const nowMs = this.#clock.nowMs()
    const done = this.#done()
    const backlog = Math.max(0, this.#accepted() - done)
    const elapsedMs = nowMs - this.#lastMs
    if (elapsedMs <= 0) return
    if (backlog > 0 && this.#lastBacklog > 0) this.#learn((done - this.#lastDone) / elapsedMs)
    this.#lastMs = nowMs
    this.#lastDone = done
    this.#lastBacklog = backlog
    const { memory, plan } = this.#foundation
    publishCursor(memory.i32, plan.at.control + CONTROL_RETRY_MS, this.#adviceMs(backlog))
  }

  #learn(rate: number): void {
    this.#donePerMs =
      this.#donePerMs === undefined ? rate : this.#donePerMs + SMOOTHING * (rate - this.#donePerMs)
  }

  #adviceMs(backlog: number): number {
    if (backlog === 0 || this.#donePerMs === undefined) return MIN_MS
    const ms = (SHARE * backlog) / this.#donePerMs
    return Math.round(Math.min(MAX_MS, Math.max(MIN_MS, ms)))
  }

  #accepted(): number {
    const { routerCounters } = this.#foundation.plan.at
    return this.#tiers(routerCounters + C.ROUTER_ACCEPTED)
  }

  #done(): number {
    const { plan } = this.#foundation
    let done = 0
    for (let worker = 0; worker < plan.needs.workers; worker++) {
      const counters = placeOf.workerCounters(plan, worker)
      done += this.#tiers(counters + C.WORKER_PROCESSED) + this.#u64(counters + C.WORKER_DEAD_LETTERED)
    }
    return done
  }

  #tiers(address: number): number {
    return TIERS.reduce((sum, _, tier) => sum + this.#u64(address + 8 * tier), 0)
  }

  #u64(address: number): number {
    const { u32 } = this.#foundation.memory
    return u32[address >>> 2] + u32[(address >>> 2) + 1] * TWO_32
  }
}

/** What a sender that is refused for this reason is told to wait; read by listeners on any thread. */
export function retryAfterOf({
  memory,
  plan,
}: Pick<Foundation, 'memory' | 'plan'>): (reason: RefusalReason) => number {
  const word = plan.at.control + CONTROL_RETRY_MS
  return (reason) => Math.max(observeCursor(memory.i32, word), reason === 'storage' ? MIN_STORAGE_MS : MIN_MS)
}
