/** One pool of the loop: its policy, its target, and what a tick means for it. */
import type { Clock } from '../core/clock.ts'
import type {
  CapacityHolds,
  CapacityOutlook,
  DemandForecast,
  DemandForecaster,
  ScalingDecision,
  ScalingInputs,
  ScaledPoolStats,
  ScalingTarget,
  TargetState,
} from '../core/scaling.ts'
import type { Tier } from '../core/tiers.ts'
import { AlertWatch, type ScalingAlert } from './alert-watch.ts'
import type { DecisionBook } from './decision-book.ts'
import { costPerHour } from './policy/cost-model.ts'
import { heldUnits, predictedNeed } from './policy/need.ts'
import type { Override } from './policy/override.ts'
import type { PolicyOptions } from './policy/policy-options.ts'
import { type KeptPolicy, PoolPolicy } from './policy/pool-policy.ts'
import { type KeptLedger, Ledger } from './report/ledger.ts'
import type { Grant, PriorityException } from './priorities.ts'
import type { ScalingReading } from './scaling-gauge.ts'
import { Scarcity } from './scarcity.ts'
import { TargetFollower } from './target-follower.ts'

export interface ScaledPoolOptions {
  readonly name: string
  readonly policy: PolicyOptions
  readonly target: ScalingTarget
  /** Workers that one unit has. */
  readonly workersPerUnit: number
  /** Each unit measures itself alone, and the others are taken to have as much to do. */
  readonly isOneOfMany: boolean
  /** The target is asked what it has this often. */
  readonly observeEveryMs: number
  /** How long it may take to have what it was asked for. */
  readonly readyWithinMs: number
}

export interface ScaledPoolParts {
  readonly forecaster: DemandForecaster
  readonly holds: CapacityHolds
  readonly decisions: DecisionBook
  readonly onAlert: (alert: ScalingAlert) => void
  readonly priorities: readonly PriorityException[]
  readonly kept?: KeptPool | undefined
}

/** What of a pool outlives the process. */
export interface KeptPool {
  readonly policy: KeptPolicy
  readonly ledger: KeptLedger
}

/** What was measured in a tick. */
export interface Measured {
  readonly reading: ScalingReading
  readonly at: number
  readonly elapsedMs: number
  /** Of one worker. */
  readonly serviceRate: number
}

/** A pool as it is shown. */
export interface ScaledPoolState {
  readonly pool: string
  readonly target: string
  readonly unit: ScalingTarget['unit']
  readonly desired: number
  /** Null = the target was never seen. */
  readonly ready: number | null
  readonly min: number
  readonly max: number
  readonly override: Override | null
  readonly policy: PolicyOptions
  /** Since when the target has not what it was asked for, or does not answer; milliseconds since the epoch. */
  readonly differsSince: number | null
  readonly failingSince: number | null
  readonly lastError: string
  /** What is wrong with the target, in words, as it knows it; '' = nothing. */
  readonly problem: string
  readonly alerts: readonly ScalingAlert[]
  /** Who gets what while there is not enough for all; null = there is. */
  readonly scarcity: readonly Grant[] | null
  readonly decision: ScalingDecision | null
}

export class ScaledPool {
  readonly name: string
  readonly target: ScalingTarget
  readonly policy: PoolPolicy
  readonly ledger: Ledger
  readonly #options: ScaledPoolOptions
  readonly #parts: ScaledPoolParts
  readonly #follower: TargetFollower
  readonly #watch: AlertWatch
  readonly #scarcity: Scarcity
  #latest: ScalingDecision | undefined

  constructor(options: ScaledPoolOptions, parts: ScaledPoolParts) {
    const { decisions, onAlert, kept } = parts
    this.name = options.name
    this.target = options.target
    this.#options = options
    this.#parts = parts
    this.policy = new PoolPolicy(options.policy, kept?.policy)
    this.ledger = new Ledger(options.name, kept?.ledger)
    this.#watch = new AlertWatch(options.name, onAlert)
    this.#scarcity = new Scarcity(parts.forecaster.series, parts.holds, parts.priorities)
    this.#follower = new TargetFollower(options.target, {
      onEffect: (decision, effect) => decisions.amend(decision, effect),
    })
  }

  /** Workers that are there. */
  get workers(): number {
    return (this.#follower.state?.ready ?? 1) * this.#options.workersPerUnit
  }

  /** The decision of the last tick, also where it said nothing new. */
  get latest(): ScalingDecision | undefined {
    return this.#latest
  }

  look(at: number): void {
    this.#follower.look(at, this.#options.observeEveryMs)
  }

  /** Undefined as long as it is not known what the target has. */
  tick(measured: Measured): ScalingDecision | undefined {
    const { at, elapsedMs } = measured
    this.look(at)
    const state = this.#follower.state
    if (state === undefined) {
      this.#watchTarget(at, this.#undecided(at), false)
      return undefined
    }
    const { options } = this.policy
    const { predictive, dryRun } = options
    const inputs = this.#inputs(measured, state)
    const { isTrusted } = this.#parts.forecaster.accuracy()
    const forecast = this.#forecast(at, at + predictive.leadMs, state.ready)
    const holds = this.#parts.holds.between(at, at + predictive.leadMs)
    const from = this.#follower.desired
    // what the calendar says has been said by people: it counts however well the usual course is known
    const isCounted = isTrusted || forecast.reason !== ''
    const choice = this.policy.decide({ at, inputs, from, forecast: isCounted ? forecast : null, holds })
    const isChange = choice.to !== choice.from
    const effect = !isChange ? 'none' : dryRun ? 'dry-run' : 'asked'
    const decision = this.#parts.decisions.add(choice, {
      at,
      pool: this.name,
      inputs,
      effect,
      forecast: {
        expected: forecast.expected,
        upper: forecast.upper,
        byTier: forecast.byTier,
        reason: forecast.reason,
        leadMs: predictive.leadMs,
        isTrusted,
      },
    })
    this.#latest = decision
    if (effect === 'asked') this.#follower.ask(choice.to, decision.id, at)
    this.#watchTarget(at, decision, isTrusted)
    this.#scarcity.look({ decision, holds, options, arrivals: measured.reading.arrivals })
    this.ledger.take({ at, elapsedMs, decision, options, held: heldUnits(holds) })
    return decision
  }

  /** Of the last tick. */
  stats(at: number): ScaledPoolStats {
    const { desired, state } = this.#follower
    const { options } = this.policy
    const ready = state?.ready ?? 0
    const { demand, serviceRate, utilisation } = this.#latest?.inputs ?? NO_INPUTS
    const forecast = this.#latest?.forecast ?? null
    return {
      ...{ pool: this.name, desired, ready, max: this.policy.boundsAt(at).max, demand, utilisation },
      ...{ forecast: forecast?.upper ?? 0, isForecastTrusted: forecast?.isTrusted ?? false },
      ...{ serviceRate, capacity: ready * serviceRate, waste: this.ledger.days().at(-1)?.waste ?? 0 },
      costPerHour: costPerHour(options.cost, ready),
      decisions: this.#parts.decisions.countsOf(this.name),
    }
  }

  kept(): KeptPool {
    return { policy: this.policy.kept(), ledger: this.ledger.kept() }
  }

  settled(): Promise<void> {
    return this.#follower.settled()
  }

  state(at: number): ScaledPoolState {
    const { min, max } = this.policy.boundsAt(at)
    const { state, desired } = this.#follower
    return {
      ...{ pool: this.name, target: this.target.name, unit: this.target.unit },
      ...{ desired, ready: state?.ready ?? null, min, max },
      ...{ override: this.policy.override, policy: this.policy.options },
      ...{ differsSince: this.#follower.differsSince, failingSince: this.#follower.failingSince },
      ...{ lastError: this.#follower.lastError, alerts: this.#watch.open, decision: this.#latest ?? null },
      problem: this.target.problem ?? '',
      scarcity: this.#scarcity.grants,
    }
  }

  /** What reservations may count on. */
  outlook(serviceRate: () => number, clock: Clock): CapacityOutlook {
    const ceiling = (): number => this.policy.boundsAt(clock.epochMs()).max
    const needed = (from: number, until: number): number => {
      const inputs = { ...NO_INPUTS, serviceRate: serviceRate() * this.#options.workersPerUnit }
      const forecast = this.#forecast(from, until, this.#follower.state?.ready ?? 1)
      const units = Math.ceil(predictedNeed(forecast, inputs, this.policy.options) - 1e-9)
      return Math.max(this.policy.options.min, units, this.policy.scheduledBetween(from, until))
    }
    return {
      get ceiling() {
        return ceiling()
      },
      neededBetween: needed,
    }
  }

  #watchTarget(at: number, decision: Omit<ScalingDecision, 'id'>, isForecastTrusted: boolean): void {
    const { failingSince, differsSince, lastError } = this.#follower
    this.#watch.look({
      at,
      decision,
      isForecastTrusted,
      failingSince,
      differsSince: this.policy.options.dryRun ? null : differsSince,
      lastError,
      readyWithinMs: this.#options.readyWithinMs,
    })
  }

  /** A target that was never seen is watched all the same. */
  #undecided(at: number): Omit<ScalingDecision, 'id'> {
    return {
      ...{ at, pool: this.name, from: 0, wanted: 0, to: 0, inputs: NO_INPUTS, forecast: null },
      ...{ policy: 'steady', limits: [], reason: '', effect: 'none' },
    }
  }

  #forecast(from: number, until: number, ready: number): DemandForecast {
    const forecast = this.#parts.forecaster.forecast(from, until, this.policy.options.predictive.quantile)
    const share = this.#options.isOneOfMany ? ready : 1
    if (share === 1) return forecast
    const byTier = mapTiers((tier) => forecast.byTier[tier] * share)
    return { ...forecast, expected: forecast.expected * share, upper: forecast.upper * share, byTier }
  }

  #inputs({ reading, elapsedMs, serviceRate }: Measured, { ready }: TargetState): ScalingInputs {
    const { workersPerUnit, isOneOfMany } = this.#options
    const share = isOneOfMany ? ready : 1
    const seconds = elapsedMs / 1000
    let arrived = 0
    for (const count of reading.arrivals) arrived += count
    const units = isOneOfMany ? 1 : Math.max(1, ready)
    return {
      demand: (arrived * share) / seconds,
      backlog: mapTiers((tier) => reading.backlog[tier] * share),
      refused: mapTiers((tier) => (reading.refused[tier] * share) / seconds),
      serviceRate: serviceRate * workersPerUnit,
      utilisation: Math.min(1, reading.busyMs / (elapsedMs * units * workersPerUnit)),
      ready,
    }
  }
}

const mapTiers = (value: (tier: Tier) => number): Record<Tier, number> => ({
  critical: value('critical'),
  premium: value('premium'),
  standard: value('standard'),
  bulk: value('bulk'),
})

const NONE = mapTiers(() => 0)

const NO_INPUTS: ScalingInputs = {
  ...{ demand: 0, backlog: NONE, refused: NONE, serviceRate: 0, utilisation: 0, ready: 0 },
}
