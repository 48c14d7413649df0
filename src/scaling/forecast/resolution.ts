/**
 * One resolution (minutes, hours) of all series: gathers seconds into steps and shows finished steps to its ensemble, a
 * few series per tick, so that no tick pays for all of them. What it expects of a step is kept by tier until renewed:
 * the steps asked for are renewed one per tick, nearest first, after the ensemble has learned something new.
 */
import type { EventEffect } from './calendar-effect.ts'
import type { EnsembleShape } from './ensemble-shape.ts'
import { SeasonalEnsemble } from './ensemble.ts'
import { Expectations } from './expectations.ts'
import { type FinishedStep, StepMeans } from './step-means.ts'

/** Ticks over which the work of a finished step is spread at most. */
const SPREAD_TICKS = 32
const LEAST_PER_TICK = 16
/** Ticks between two renewals of what was expected. */
const RENEW_EVERY = 3

export interface ResolutionOptions {
  readonly stepMs: number
  readonly shape: EnsembleShape
  /** Index of the tier of each series. */
  readonly tiers: Uint8Array
  /** What the calendar says of a time; null = nothing. */
  readonly effect: (from: number, until: number) => EventEffect | null
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

  /** A time that began at `at`; `demand` null = masked. */
  observe(at: number, demand: Float64Array | null, seconds = 1): void {
    const finished = this.#means.advance(at)
    if (finished !== null) this.#begin(finished)
    if (demand !== null) this.#means.add(demand, seconds)
    if (this.#pending !== null) this.#show(this.#pending, this.#perTick)
    else if (this.#ticks++ % RENEW_EVERY === 0) this.#expectations.renewOne(Math.floor(at / this.stepMs))
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
