import type { Clock } from '../core/clock.ts'

interface Timer {
  dueMs: number
  readonly everyMs: number | undefined
  readonly task: () => void
}

/** Time that passes only when told to: timers run, in order, while `advance` passes them. */
export class VirtualClock implements Clock {
  #nowMs = 0
  readonly #startedEpochMs: number
  readonly #timers = new Set<Timer>()

  constructor(startedEpochMs = 1_700_000_000_000) {
    this.#startedEpochMs = startedEpochMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  epochMs(): number {
    return this.#startedEpochMs + this.#nowMs
  }

  every(everyMs: number, task: () => void): () => void {
    return this.#start({ dueMs: this.#nowMs + everyMs, everyMs, task })
  }

  after(afterMs: number, task: () => void): () => void {
    return this.#start({ dueMs: this.#nowMs + afterMs, everyMs: undefined, task })
  }

  /** Returns whether a timer ran. */
  advance(ms: number): boolean {
    const untilMs = this.#nowMs + ms
    let hasRun = false
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#run(next)
      hasRun = true
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs)
    return hasRun
  }

  #start(timer: Timer): () => void {
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  #next(untilMs: number): Timer | undefined {
    let next: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= untilMs && (next === undefined || timer.dueMs < next.dueMs)) next = timer
    }
    return next
  }

  #run(timer: Timer): void {
    this.#nowMs = Math.max(this.#nowMs, timer.dueMs)
    if (timer.everyMs === undefined) this.#timers.delete(timer)
    else timer.dueMs += timer.everyMs
    timer.task()
  }
}
