/**
 * What is measured of a pool while it runs. Overloaded is a step in which the readings that came were more than the units
 * could do; short is one in which they could have been had. Waste is paid capacity beyond what the demand needs at the
 * target utilisation, what is set apart, and the minimum.
 */
import { TIERS } from '../../core/tiers.ts'
import { type CostModel, costPerHour } from '../../scaling/policy/cost-model.ts'
import type { PoolStep, PoolWorld } from '../world/pool-world.ts'
import { Latencies, latencyBin } from '../world/latencies.ts'
import { TRACK_COUNT, trackOf } from '../words.ts'

const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000
const ROUNDING = 1e-9
/** A minute in which fewer readings were done says nothing of a 99th percentile. */
const LEAST_READINGS = 1000

/** What the policy says at the time of a step. */
export interface Standing {
  readonly targetUtilisation: number
  readonly min: number
  readonly max: number
  readonly held: number
  readonly cost: CostModel
}

export class Measures {
  readonly latencies = Array.from({ length: TRACK_COUNT }, () => new Latencies())
  readonly worstP99 = new Float64Array(TRACK_COUNT)
  readonly fresh = new Float64Array(TRACK_COUNT)
  readonly refused = new Float64Array(TRACK_COUNT)
  lost = 0
  /** Readings of bulk that were not taken, as only a sample is. */
  sampled = 0
  served = 0
  cost = 0
  costliestHour = 0
  longestShortMs = 0
  mostUnits = 0
  reversals = 0
  totalMs = 0
  overloadedMs = 0
  readonly #minute = Array.from({ length: TRACK_COUNT }, () => new Latencies())
  #demand = 0
  #paid = 0
  #wasted = 0
  #shortMs = 0
  #hourCost = 0
  #desired: number | undefined
  #direction = 0

  readonly waited = (track: number, amount: number, ms: number): void => {
    const bin = latencyBin(ms)
    this.latencies[track].addTo(bin, amount)
    this.#minute[track].addTo(bin, amount)
  }

  /** Share of the time with less capacity than demand. */
  get overloaded(): number {
    return this.totalMs > 0 ? this.overloadedMs / this.totalMs : 0
  }

  /** Share of what was paid for. */
  get waste(): number {
    return this.#paid > 0 ? this.#wasted / this.#paid : 0
  }

  /** What was paid for, as a multiple of the demand. */
  get capacity(): number {
    return this.#demand > 0 ? this.#paid / this.#demand : Infinity
  }

  /** A step of `ms` that began `sinceMs` after the start. */
  step(pool: PoolWorld, standing: Standing, sinceMs: number, ms: number): void {
    const { last, capacity, unitRate } = pool
    this.totalMs += ms
    for (let track = 0; track < TRACK_COUNT; track++) {
      this.fresh[track] += last.fresh[track]
      this.refused[track] += last.refused[track]
      this.lost += last.lost[track]
    }
    this.served += last.served
    this.sampled += last.sampled
    const paid = capacity.ready + capacity.starting
    this.mostUnits = Math.max(this.mostUnits, paid)
    this.#load(pool, standing, ms)
    this.#economy(last, paid, unitRate, standing, ms)
    this.#spend(costPerHour(standing.cost, paid), sinceMs, ms)
    this.#turn(capacity.desired)
    if (Math.floor((sinceMs + ms) / MINUTE_MS) > Math.floor(sinceMs / MINUTE_MS)) this.#endMinute()
  }

  end(): void {
    this.#endMinute()
    this.costliestHour = Math.max(this.costliestHour, this.#hourCost)
  }

  #load({ last, unitRate }: PoolWorld, { max }: Standing, ms: number): void {
    const isOverloaded = last.demand > last.work * (1 + ROUNDING)
    if (isOverloaded) this.overloadedMs += ms
    const most = (max * unitRate * ms) / 1000
    const isShort = isOverloaded && last.work < most * (1 - ROUNDING)
    this.#shortMs = isShort ? this.#shortMs + ms : 0
    this.longestShortMs = Math.max(this.longestShortMs, this.#shortMs)
  }

  #economy(
    { demand, fresh }: PoolStep,
    paid: number,
    unitRate: number,
    standing: Standing,
    ms: number,
  ): void {
    const perUnit = (unitRate * ms) / 1000
    const needed = Math.ceil(demand / (perUnit * standing.targetUtilisation) - ROUNDING)
    const meant = Math.max(standing.min, needed + standing.held)
    let came = 0
    for (let track = 0; track < TRACK_COUNT; track++) came += fresh[track]
    this.#demand += came
    this.#paid += paid * perUnit
    this.#wasted += Math.max(0, paid - meant) * perUnit
  }

  #spend(perHour: number, sinceMs: number, ms: number): void {
    const cost = (perHour * ms) / HOUR_MS
    this.cost += cost
    this.#hourCost += cost
    if (Math.floor((sinceMs + ms) / HOUR_MS) === Math.floor(sinceMs / HOUR_MS)) return
    this.costliestHour = Math.max(this.costliestHour, this.#hourCost)
    this.#hourCost = 0
  }

  #turn(desired: number): void {
    const direction = Math.sign(desired - (this.#desired ?? desired))
    this.#desired = desired
    if (direction === 0) return
    if (direction === -this.#direction) this.reversals++
    this.#direction = direction
  }

  #endMinute(): void {
    for (let track = 0; track < TRACK_COUNT; track++) {
      if (this.#minute[track].amount >= LEAST_READINGS)
        this.worstP99[track] = Math.max(this.worstP99[track], this.#minute[track].quantile(0.99))
      this.#minute[track].clear()
    }
  }
}

/** Readings of all tiers, without the work that events make. */
export const readingsOf = (byTrack: Float64Array): number =>
  TIERS.reduce((sum, _, tier) => sum + byTrack[trackOf(tier)], 0)
