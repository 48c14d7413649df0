/**
 * One resolution (minutes, hours) of all series: gathers seconds into steps and shows finished steps to its ensemble, a
 * few series per tick, so that no tick pays for all of them. What it expects of a step is kept by tier until renewed:
 * the steps asked for are renewed one per tick, nearest first, after the ensemble has learned something new.
 */
import type { EffectOf } from './calendar-effect.ts'
import type { EnsembleShape } from './ensemble-shape.ts'
import { SeasonalEnsemble } from './ensemble.ts'
import { Expectations } from './expectations.ts'
import { type FinishedStep, StepMeans } from './step-means.ts'

/** Ticks over which the work of a finished step is spread at most. */
const SPREAD_TICKS = 32
const LEAST_PER_TICK = 16
const NONE: readonly (readonly number[])[] = []
/** Ticks between two renewals of what was expected. */
const RENEW_EVERY = 3

export interface ResolutionOptions {
  readonly stepMs: number
  readonly shape: EnsembleShape
  /** Index of the tier of each series. */
  readonly tiers: Uint8Array
  /** What the calendar says of a time; null = nothing. */
  readonly effect: EffectOf
}

export class Resolution {
  readonly ensemble: SeasonalEnsemble
  readonly stepMs: number
  readonly #means: StepMeans
  readonly #expectations: Expectations
  readonly #perTick: number
  readonly #series: number
  #pending: FinishedStep | null = null
  /** First series to which the pending step was not shown yet. */
  #next = 0
  #ticks = 0
  /** The latest step that history told of without telling all series apart. */
  #lentStep = NaN

  constructor({ stepMs, shape, tiers, effect }: ResolutionOptions) {
    this.stepMs = stepMs
    this.ensemble = new SeasonalEnsemble(shape)
    this.#means = new StepMeans(tiers.length, stepMs)
    this.#expectations = new Expectations({ ensemble: this.ensemble, stepMs, tiers, effect })
    this.#series = tiers.length
    this.#perTick = Math.max(LEAST_PER_TICK, Math.ceil(tiers.length / SPREAD_TICKS))
  }

  get hasSeen(): boolean {
    return this.#expectations.generation > 0
  }

  /**
   * A time that began at `at`; `demand` null = masked. `lent`: series of which only the sum is known, by group. Returns the
   * step that this has ended, where all is known of it.
   */
  observe(
    at: number,
    demand: Float64Array | null,
    seconds = 1,
    lent: readonly (readonly number[])[] = NONE,
  ): FinishedStep | null {
    const finished = this.#means.advance(at)
    const isKnown = finished !== null && finished.step !== this.#lentStep
    if (isKnown) this.settle(finished.step * this.stepMs, finished.means)
    if (finished !== null) this.#begin(finished)
    if (lent.length > 0) {
      this.ensemble.lend(lent)
      this.#lentStep = Math.floor(at / this.stepMs)
    }
    if (demand !== null) this.#means.add(demand, seconds)
    if (this.#pending !== null) this.#show(this.#pending, this.#perTick)
    else if (this.#ticks++ % RENEW_EVERY === 0) this.#expectations.renewOne(Math.floor(at / this.stepMs))
    return isKnown ? finished : null
  }

  /** Series whose history is a part of a sum take over the shares that they had at `at`. */
  settle(at: number, means: Float64Array): void {
    this.finish()
    if (!this.ensemble.settle(Math.floor(at / this.stepMs), means)) return
    this.#expectations.outdate()
    if (!this.#means.isAt(this.#lentStep)) return
    // what the step under way has of the sum is nothing that a series had
    this.#means.restart()
    this.#lentStep = NaN
  }

  /** Takes up a finished step, spread over the next ticks. */
  #begin(finished: FinishedStep): void {
    this.finish()
    this.#pending = finished
    this.#next = 0
  }

  /** Does at once what is left of the last step. */
  finish(): void {
    if (this.#pending !== null) this.#show(this.#pending, this.#series)
  }

  /** Expected mean demand of the step in which `at` lies, by tier. */
  expect(at: number): Float64Array {
    return this.#expectations.of(Math.floor(at / this.stepMs))
  }

  /** Sees to it that `expect(at)` costs nothing; returns whether it was so already. */
  prepare(at: number): boolean {
    return this.#expectations.prepare(Math.floor(at / this.stepMs))
  }

  /** What was learned before is there again. */
  resume(): void {
    if (this.ensemble.state.seen.some((steps) => steps > 0)) this.#expectations.outdate()
    this.#expectations.forget()
  }

  /** Everything expected is to be thought over, as after a change of the calendar. */
  forget(): void {
    this.#expectations.forget()
  }

  #show({ step, means }: FinishedStep, count: number): void {
    const until = Math.min(means.length, this.#next + count)
    for (; this.#next < until; this.#next++) this.ensemble.observe(this.#next, step, means[this.#next])
    if (until < means.length) return
    this.#pending = null
    this.#expectations.outdate()
  }
}
