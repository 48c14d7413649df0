/**
 * Decides how many units a pool should have: as many as the measured load needs, or the forecast, whichever is more, with
 * what is set apart; within bounds, not too often and not too far at once. The same inputs in the same order give the same
 * decisions. It asks for nothing and measures nothing.
 */
import type { CapacityHold, DemandForecast, ScalingInputs } from '../../core/scaling.ts'
import { type Bounds, boundsOf, clamp } from './bounds.ts'
import type { Choice, Demanded } from './choice.ts'
import { heldUnits, isUrgent, predictedNeed, reactiveNeed } from './need.ts'
import { isOver, type Override } from './override.ts'
import type { PolicyOptions } from './policy-options.ts'
import { reasonOf, type Told } from './reason.ts'
import { RecentMaximum } from './recent-maximum.ts'
import { Schedule } from './schedule.ts'

/** What is so at the time of a decision. */
export interface Situation {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly inputs: ScalingInputs
  /** Units that were last asked for. */
  readonly from: number
  /** Null: there is none, or it cannot be trusted. */
  readonly forecast: DemandForecast | null
  /** Of which a part lies between now and the lead time. */
  readonly holds: readonly CapacityHold[]
}

export interface KeptPolicy {
  readonly override: Override | null
  readonly outAt: number | null
  readonly changedAt: number | null
  readonly recent: ReturnType<RecentMaximum['kept']>
}

export class PoolPolicy {
  #options: PolicyOptions
  #schedule: Schedule
  #override: Override | null = null
  readonly #recent = new RecentMaximum()
  /** When units were last added, and when their number was last changed. */
  #outAt: number | null = null
  #changedAt: number | null = null

  constructor(options: PolicyOptions, kept?: KeptPolicy) {
    this.#options = options
    this.#schedule = new Schedule(options.schedule)
    if (kept === undefined) return
    this.#override = kept.override
    this.#outAt = kept.outAt
    this.#changedAt = kept.changedAt
    this.#recent.restore(kept.recent)
  }

  get options(): PolicyOptions {
    return this.#options
  }

  get override(): Override | null {
    return this.#override
  }

  /** From the next decision on. */
  change(options: PolicyOptions): void {
    if (options.schedule !== this.#options.schedule) this.#schedule = new Schedule(options.schedule)
    this.#options = options
  }

  /** Null ends one. */
  overrideBy(override: Override | null): void {
    this.#override = override
  }

  /** Between how many units it may be now. */
  boundsAt(at: number): Bounds {
    return boundsOf(this.#options, this.#schedule.bounds(at, 0))
  }

  /** Units that the schedule asks for at least between the times. */
  scheduledBetween(from: number, until: number): number {
    return this.#schedule.highestMin(from, until)
  }

  decide(situation: Situation): Choice {
    const { at, from } = situation
    if (this.#override !== null && isOver(this.#override, at)) this.#override = null
    const demanded = this.#demanded(situation)
    const bounds = boundsOf(this.#options, demanded.scheduled)
    const choice =
      this.#override === null ? this.#follow(situation, demanded, bounds) : this.#obey(from, bounds)
    this.#note(at, choice)
    const { inputs, forecast } = situation
    const [options, override] = [this.#options, this.#override]
    return new Decided({ choice, inputs, forecast, demanded, bounds }, options, override)
  }

  /** For a restart: what is not configured. */
  kept(): KeptPolicy {
    return {
      override: this.#override,
      outAt: this.#outAt,
      changedAt: this.#changedAt,
      recent: this.#recent.kept(),
    }
  }

  /** A clock that was set back doesn't lengthen a pause. */
  #note(at: number, { from, to }: Pick<Choice, 'from' | 'to'>): void {
    if (to > from) this.#outAt = at
    if (to !== from) this.#changedAt = at
  }

  #demanded({ at, inputs, from, forecast, holds }: Situation): Demanded {
    const options = this.#options
    const reactive = reactiveNeed(inputs, options)
    const predicted = options.predictive.enabled ? predictedNeed(forecast, inputs, options) : 0
    // a share of the ceiling is not always whole units
    const held = Math.ceil(heldUnits(holds) - 1e-9)
    const scheduled = this.#schedule.bounds(at, options.predictive.leadMs)
    const isPressed = isUrgent(inputs, options)
    const byLoad = this.#withDeadBand(Math.max(reactive, predicted), from - held, isPressed)
    const load = predicted > reactive && byLoad > Math.ceil(reactive) ? 'predictive' : 'reactive'
    const floor = Math.max(scheduled.min, options.min)
    const units = Math.max(byLoad + held, floor)
    const isScheduled = scheduled.min > byLoad + held && scheduled.min > options.min
    const policy = isScheduled ? 'schedule' : held > 0 && units > options.min ? 'reservation' : load
    return { reactive, predicted, held, scheduled, units, policy, isUrgent: isPressed }
  }

  /** Whole units; a need that is nearly met by what is there is met. */
  #withDeadBand(need: number, there: number, isPressed: boolean): number {
    const { deadBand } = this.#options
    const units = Math.ceil(need - 1e-9)
    if (units > there) return isPressed || need > there * (1 + deadBand) ? units : there
    return Math.min(Math.max(there, 0), Math.ceil(need / (1 - deadBand) - 1e-9))
  }

  #obey(from: number, bounds: Bounds): Omit<Choice, 'reason'> {
    const wanted = (this.#override as Override).units
    const to = clamp(wanted, bounds)
    return { from, wanted, to, policy: 'override', limits: limitsOf(wanted, to, bounds) }
  }

  #follow(situation: Situation, demanded: Demanded, bounds: Bounds): Omit<Choice, 'reason'> {
    const { from, at } = situation
    const { units: wanted } = demanded
    this.#recent.add(at, wanted)
    const limits: string[] = []
    if (this.#isInDeadBand(demanded, from)) limits.push('dead-band')
    let to = wanted
    if (wanted < from) to = this.#scaleIn(at, from, wanted, limits)
    if (wanted > from) to = this.#scaleOut(at, from, wanted, demanded.isUrgent, limits)
    limits.push(...limitsOf(to, clamp(to, bounds), bounds))
    to = clamp(to, bounds)
    return { from, wanted, to, policy: to === from && wanted === from ? 'steady' : demanded.policy, limits }
  }

  #isInDeadBand({ reactive, predicted, held, units }: Demanded, from: number): boolean {
    return units === from && Math.ceil(Math.max(reactive, predicted) - 1e-9) + held > from
  }

  #scaleIn(at: number, from: number, wanted: number, limits: string[]): number {
    const { stabilisationMs, cooldownMs, step } = this.#options.scaleIn
    const highest = this.#recent.over(at - stabilisationMs)
    const isYoung = at - (this.#recent.firstAt as number) < stabilisationMs
    const stable = isYoung ? from : Math.min(from, highest)
    if (stable > wanted) limits.push('stabilisation')
    if (stable < from && isWithin(at, this.#changedAt, cooldownMs)) {
      limits.push('cooldown')
      return from
    }
    if (step === null || from - stable <= step) return stable
    limits.push('step')
    return from - step
  }

  /** What is urgent waits for nothing; how far at once, the target may have to say. */
  #scaleOut(at: number, from: number, wanted: number, isPressed: boolean, limits: string[]): number {
    const { cooldownMs, step } = this.#options.scaleOut
    if (!isPressed && isWithin(at, this.#outAt, cooldownMs)) {
      limits.push('cooldown')
      return from
    }
    if (step === null || wanted - from <= step) return wanted
    limits.push('step')
    return from + step
  }
}

/** A choice whose reason is put into words when it is read: one is made every second, and hardly ever read. */
class Decided implements Choice {
  readonly from: number
  readonly wanted: number
  readonly to: number
  readonly policy: Choice['policy']
  readonly limits: readonly string[]
  readonly #told: Told
  readonly #options: PolicyOptions
  readonly #override: Override | null

  constructor(told: Told, options: PolicyOptions, override: Override | null) {
    const { from, wanted, to, policy, limits } = told.choice
    this.from = from
    this.wanted = wanted
    this.to = to
    this.policy = policy
    this.limits = limits
    this.#told = told
    this.#options = options
    this.#override = override
  }

  get reason(): string {
    return reasonOf(this.#told, this.#options, this.#override)
  }
}

/** Fewer than `pauseMs` since then; a clock that was set back counts as none. */
const isWithin = (at: number, since: number | null, pauseMs: number): boolean =>
  since !== null && at >= since && at - since < pauseMs

function limitsOf(wanted: number, to: number, { maxBy }: Bounds): string[] {
  if (to < wanted) return [maxBy]
  return to > wanted ? ['min'] : []
}
