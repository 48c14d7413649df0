/**
 * What a resolution expects of the steps that were asked for, by tier. It is kept, as to add up all series takes a while:
 * when something new has been learned, steps are renewed one at a time, in the order in which they were first asked for.
 */
import { TIERS } from '../../core/tiers.ts'
import type { EffectOf, EventEffect } from './calendar-effect.ts'
import type { SeasonalEnsemble } from './ensemble.ts'

const MAX_KEPT = 512
/** Of those kept, so many are found without a look into the map; a power of two. */
const AT_HAND = 64

interface Expectation {
  readonly step: number
  generation: number
  readonly byTier: Float64Array
}

export interface ExpectationsParts {
  readonly ensemble: SeasonalEnsemble
  readonly stepMs: number
  /** Index of the tier of each series. */
  readonly tiers: Uint8Array
  /** What the calendar says of a time; null = nothing. */
  readonly effect: EffectOf
}

export class Expectations {
  readonly #parts: ExpectationsParts
  readonly #kept = new Map<number, Expectation>()
  readonly #atHand: (Expectation | undefined)[] = new Array<undefined>(AT_HAND).fill(undefined)
  #generation = 0
  /** At this step all that is kept was found to be as new as it can be; NaN = it has not been looked at. */
  #settledAt = NaN

  constructor(parts: ExpectationsParts) {
    this.#parts = parts
  }

  /** How often something was learned. */
  get generation(): number {
    return this.#generation
  }

  /** Something was learned: what is kept is to be thought over. */
  outdate(): void {
    this.#generation++
    this.#settledAt = NaN
  }

  forget(): void {
    this.#kept.clear()
    this.#atHand.fill(undefined)
  }

  of(step: number): Float64Array {
    const atHand = this.#atHand[step % AT_HAND]
    if (atHand !== undefined && atHand.step === step) return atHand.byTier
    const kept = this.#kept.get(step) ?? this.#make(step)
    this.#atHand[step % AT_HAND] = kept
    return kept.byTier
  }

  /** Sees to it that a step costs nothing; returns whether it was so already. */
  prepare(step: number): boolean {
    if (this.#atHand[step % AT_HAND]?.step === step || this.#kept.has(step)) return true
    this.of(step)
    return false
  }

  /** Thinks over one step that is out of date, and lets go of those before `current`. */
  renewOne(current: number): void {
    if (this.#settledAt === current) return
    for (const kept of this.#kept.values()) {
      if (kept.step < current) this.#drop(kept.step)
      else if (kept.generation !== this.#generation) {
        kept.generation = this.#generation
        return this.#fill(kept)
      }
    }
    this.#settledAt = current
  }

  #make(step: number): Expectation {
    if (this.#kept.size >= MAX_KEPT) this.forget()
    const made = { step, generation: this.#generation, byTier: new Float64Array(TIERS.length) }
    this.#kept.set(step, made)
    this.#fill(made)
    return made
  }

  #drop(step: number): void {
    this.#kept.delete(step)
    if (this.#atHand[step % AT_HAND]?.step === step) this.#atHand[step % AT_HAND] = undefined
  }

  #fill({ step, byTier }: Expectation): void {
    const { ensemble, stepMs, tiers, effect } = this.#parts
    const at = step * stepMs
    const known = effect(at, at + stepMs)
    byTier.fill(0)
    for (let series = 0; series < tiers.length; series++) {
      const usual = ensemble.predict(series, step)
      byTier[tiers[series]] += known === null ? usual : raised(usual, known, series)
    }
  }
}

const raised = (usual: number, { factor, extra }: EventEffect, series: number): number =>
  usual * factor[series] + (extra === null ? 0 : extra[series])
