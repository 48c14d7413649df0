/**
 * Keeps a target at what was decided: one request at a time, the latest wish next, failures repeated more and more slowly;
 * and knows what the target has. It never waits for the target: its answers count from the next tick on.
 */
import type { ScalingTarget, TargetState } from '../core/scaling.ts'
import { Gap } from './gap.ts'

const FIRST_PAUSE_MS = 1000
const LONGEST_PAUSE_MS = 30_000

export interface FollowerNews {
  /** The request of this decision was taken, or failed. */
  readonly onEffect: (decision: number, effect: 'asked' | 'failed') => void
}

interface Wish {
  readonly units: number
  readonly decision: number
}

export class TargetFollower {
  readonly target: ScalingTarget
  readonly #news: FollowerNews
  #state: TargetState | undefined
  #asking: Wish | undefined
  #next: Wish | undefined
  #isObserving = false
  #observedAt = -Infinity
  readonly #requests = new Failures()
  readonly #looks = new Failures()
  readonly #gap = new Gap()
  #differsSince: number | null = null
  readonly #outstanding = new Set<Promise<void>>()

  constructor(target: ScalingTarget, news: FollowerNews) {
    this.target = target
    this.#news = news
  }

  /** What the target has; undefined = it was never seen. */
  get state(): TargetState | undefined {
    return this.#state
  }

  /** What the target is to have, as last asked for, or as it was found. */
  get desired(): number {
    return this.#next?.units ?? this.#asking?.units ?? this.#state?.desired ?? 0
  }

  /** Since when the target answers no more; null = it does. */
  get failingSince(): number | null {
    return this.#requests.since ?? this.#looks.since
  }

  /** Since when it has not had what it was asked for, of wishes that follow each other any; null = it has. */
  get differsSince(): number | null {
    return this.#differsSince
  }

  /** '' = none since it last answered. */
  get lastError(): string {
    return this.#requests.last || this.#looks.last
  }

  /** Asks for so many, as soon as the request before is through and the target may be asked again. */
  ask(units: number, decision: number, at: number): void {
    this.#gap.wish(units, at)
    if (this.#asking !== undefined) {
      this.#next = { units, decision }
      return
    }
    if (at >= this.#requests.againAt) this.#track(this.#request({ units, decision }, at))
  }

  /** Asks the target what it has, at most every `everyMs`; to be called with every tick. */
  look(at: number, everyMs: number): void {
    if (this.#isObserving || (at >= this.#observedAt && at - this.#observedAt < everyMs)) return
    this.#observedAt = at
    this.#track(this.#observe(at))
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    while (this.#outstanding.size > 0) await Promise.all(this.#outstanding)
  }

  #track(work: Promise<void>): void {
    this.#outstanding.add(work)
    void work.then(() => this.#outstanding.delete(work))
  }

  async #request(wish: Wish, at: number): Promise<void> {
    this.#asking = wish
    try {
      await this.target.scaleTo(wish.units)
      this.#requests.none()
      this.#state = { desired: wish.units, ready: (this.#state as TargetState).ready }
      this.#news.onEffect(wish.decision, 'asked')
    } catch (error) {
      this.#requests.add(error, at)
      this.#news.onEffect(wish.decision, 'failed')
    }
    this.#asking = undefined
    this.look(at, 0)
    const next = this.#next
    this.#next = undefined
    if (next !== undefined) this.ask(next.units, next.decision, at)
  }

  async #observe(at: number): Promise<void> {
    this.#isObserving = true
    try {
      const state = await this.target.observe()
      // what is being asked for counts, not what the target makes of it meanwhile
      const isAsking = this.#asking !== undefined
      this.#state = isAsking ? { ...(this.#state as TargetState), ready: state.ready } : state
      this.#compare(state.ready, at)
      this.#looks.none()
    } catch (error) {
      this.#looks.add(error, at)
    }
    this.#isObserving = false
  }

  #compare(ready: number, at: number): void {
    this.#gap.wish(this.desired, at)
    this.#gap.observed(ready, at)
    this.#differsSince = ready === this.desired ? null : at - this.#gap.behindMs(at)
  }
}

/** Failures in a row, and when to try again. */
class Failures {
  since: number | null = null
  againAt = -Infinity
  last = ''
  #count = 0

  none(): void {
    this.since = null
    this.againAt = -Infinity
    this.last = ''
    this.#count = 0
  }

  add(error: unknown, at: number): void {
    this.last = String(error).replace(/^\w*Error: /, '')
    this.since ??= at
    this.againAt = at + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.#count)
    this.#count++
  }
}
