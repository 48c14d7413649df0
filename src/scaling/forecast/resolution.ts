/**
 * One resolution (minutes, hours) of all series: gathers seconds into steps and shows finished steps to its ensemble, a
 * few series per tick, so that no tick pays for all of them. What it expects of a step is kept by tier until renewed:
 * the steps asked for are renewed one per tick, nearest first, after the ensemble has learned something new.
 */
import type { EventEffect } from './calendar-effect.ts'
import type { EnsembleShape } from './ensemble-shape.ts'
import { SeasonalEnsemble } from './ensemble.ts'
import { type FinishedStep, StepMeans } from './step-means.ts'
import { TIERS } from '../../core/tiers.ts'

/** Ticks over which the work of a finished step is spread at most. */
const SPREAD_TICKS = 32
const LEAST_PER_TICK = 16
const MAX_KEPT = 512
/** Ticks between two renewals of what was expected. */
const RENEW_EVERY = 3

interface Expectation {
  generation: number
  readonly byTier: Float64Array
}

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
  readonly #options: ResolutionOptions
  readonly #means: StepMeans
  #pending: FinishedStep | null = null
  /** First series to which the pending step was not shown yet. */
  #next = 0
  #generation = 0
  #ticks = 0
  readonly #kept = new Map<number, Expectation>()

  constructor(options: ResolutionOptions) {
    this.#options = options
    this.stepMs = options.stepMs
    this.ensemble = new SeasonalEnsemble(options.shape)
    this.#means = new StepMeans(options.tiers.length, options.stepMs)
  }

  get hasSeen(): boolean {
    return this.#generation > 0
  }

  /** A time that began at `at`; `demand` null = masked. */
  observe(at: number, demand: Float64Array | null, seconds = 1): void {
    const finished = this.#means.advance(at)
    if (finished !== null) this.#begin(finished)
    if (demand !== null) this.#means.add(demand, seconds)
    if (this.#pending !== null) this.#show(this.#pending, this.#perTick())
    else if (this.#ticks++ % RENEW_EVERY === 0) this.#renewOne(Math.floor(at / this.stepMs))
  }

  /** Takes up a finished step, spread over the next ticks. */
  #begin(finished: FinishedStep): void {
    this.finish()
    this.#pending = finished
    this.#next = 0
  }

  /** Does at once what is left of the last step. */
  finish(): void {
    if (this.#pending !== null) this.#show(this.#pending, this.#options.tiers.length)
  }

  /** Expected mean demand of the step in which `at` lies, by tier. */
  expect(at: number): Float64Array {
    const step = Math.floor(at / this.stepMs)
    const kept = this.#kept.get(step)
    if (kept !== undefined) return kept.byTier
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear()
    const made = { generation: this.#generation, byTier: new Float64Array(TIERS.length) }
    this.#kept.set(step, made)
    return this.#fill(step, made.byTier)
  }

  /** Sees to it that `expect(at)` costs nothing; returns whether it was so already. */
  prepare(at: number): boolean {
    if (this.#kept.has(Math.floor(at / this.stepMs))) return true
    this.expect(at)
    return false
  }

  /** What was learned before is there again. */
  resume(): void {
    if (this.ensemble.state.seen.some((steps) => steps > 0)) this.#generation++
    this.#kept.clear()
  }

  /** Everything expected is to be thought over, as after a change of the calendar. */
  forget(): void {
    this.#kept.clear()
  }

  #perTick(): number {
    return Math.max(LEAST_PER_TICK, Math.ceil(this.#options.tiers.length / SPREAD_TICKS))
  }

  #show({ step, means }: FinishedStep, count: number): void {
    const until = Math.min(means.length, this.#next + count)
    for (; this.#next < until; this.#next++) this.ensemble.observe(this.#next, step, means[this.#next])
    if (until < means.length) return
    this.#pending = null
    this.#generation++
  }

  #renewOne(current: number): void {
    for (const [step, kept] of this.#kept) {
      if (step < current) this.#kept.delete(step)
      else if (kept.generation !== this.#generation) {
        kept.generation = this.#generation
        this.#fill(step, kept.byTier)
        return
      }
    }
  }

  #fill(step: number, byTier: Float64Array): Float64Array {
    const { tiers, effect } = this.#options
    const at = step * this.stepMs
    const known = effect(at, at + this.stepMs)
    byTier.fill(0)
    for (let series = 0; series < tiers.length; series++) {
      const usual = this.ensemble.predict(series, step)
      byTier[tiers[series]] += known === null ? usual : usual * known.factor[series] + known.extra[series]
    }
    return byTier
  }
}
