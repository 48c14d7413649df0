/** A pool on virtual time: demand is what the test says, units do what they are said to do, the target obeys after a delay. */
import type {
  CapacityHold,
  DemandForecast,
  DemandForecaster,
  DemandMask,
  DemandSecond,
  ForecastAccuracy,
  ScalingTarget,
  TargetState,
} from '../../src/core/scaling.ts'
import type { Tier } from '../../src/core/tiers.ts'
import type { ScalingAlert } from '../../src/scaling/alert-watch.ts'
import type { PolicyOptions } from '../../src/scaling/policy/policy-options.ts'
import type { ScaledPoolOptions } from '../../src/scaling/scaled-pool.ts'
import type { ScalingGauge, ScalingReading } from '../../src/scaling/scaling-gauge.ts'
import { type KeptScaling, ScalingLoop, type ScalingTick } from '../../src/scaling/scaling-loop.ts'
import { VirtualClock } from '../../src/simulation/virtual-clock.ts'

export const START = Date.UTC(2026, 0, 5)
export const NO_TIERS: Record<Tier, number> = { critical: 0, premium: 0, standard: 0, bulk: 0 }

export const POLICY: PolicyOptions = {
  min: 1,
  max: 10,
  targetUtilisation: 0.5,
  drainMs: 1000,
  urgentWaitMs: 500,
  deadBand: 0.1,
  predictive: { enabled: true, leadMs: 10_000, quantile: 0.95, buffer: 0 },
  scaleOut: { step: null, cooldownMs: 0 },
  scaleIn: { step: null, cooldownMs: 0, stabilisationMs: 30_000 },
  cost: { currency: 'EUR', perUnitHour: 0, reservedUnits: 0, perReservedUnitHour: 0, ceilingPerHour: null },
  schedule: [],
  dryRun: false,
}

/** Says what it is told to say. */
export class SetForecaster implements DemandForecaster {
  readonly series = [{ tier: 'standard' as const, region: '' }]
  readonly seen: DemandSecond[] = []
  upper = 0
  isTrusted = true
  reason = ''

  observe(second: DemandSecond): void {
    this.seen.push(second)
  }

  forecast(): DemandForecast {
    const { upper, reason } = this
    return { expected: upper, upper, byTier: { ...NO_TIERS, standard: upper }, reason }
  }

  accuracy(): ForecastAccuracy {
    return { wape: 0.1, naiveWape: 0.2, seasonalNaiveWape: 0.2, isTrusted: this.isTrusted }
  }
}

/** Has what it was asked for at once, unless it is told otherwise. */
export class SetTarget implements ScalingTarget {
  readonly name = 'set'
  readonly unit = 'worker'
  readonly asked: number[] = []
  units: number
  /** What is there of what was asked for. */
  most = Infinity
  failure: string | undefined
  observeFailure: string | undefined
  /** Requests are not answered as long as this is so. */
  gate: Promise<void> | undefined
  isClosed = false

  constructor(units: number) {
    this.units = units
  }

  async scaleTo(units: number): Promise<void> {
    this.asked.push(units)
    await this.gate
    if (this.failure !== undefined) throw new Error(this.failure)
    this.units = units
  }

  observe(): Promise<TargetState> {
    if (this.observeFailure !== undefined) return Promise.reject(new Error(this.observeFailure))
    return Promise.resolve({ desired: this.units, ready: Math.min(this.units, this.most) })
  }

  close(): Promise<void> {
    this.isClosed = true
    return Promise.resolve()
  }
}

/** A queue before workers that each do `perSecond`. */
export class SetGauge implements ScalingGauge {
  demand = 0
  activations = 0
  mask: DemandMask | null = null
  refusedBulk = 0
  waiting = 0
  readonly #clock: VirtualClock
  readonly #target: SetTarget
  readonly #perSecond: number
  #lastMs = 0

  constructor(clock: VirtualClock, target: SetTarget, perSecond: number) {
    this.#clock = clock
    this.#target = target
    this.#perSecond = perSecond
  }

  read(): ScalingReading {
    const seconds = (this.#clock.nowMs() - this.#lastMs) / 1000
    this.#lastMs = this.#clock.nowMs()
    const ready = Math.min(this.#target.units, this.#target.most)
    const processed = Math.min(this.waiting + this.demand * seconds, ready * this.#perSecond * seconds)
    this.waiting += this.demand * seconds - processed
    return {
      arrivals: Float64Array.of(this.demand * seconds),
      activations: this.activations,
      backlog: { ...NO_TIERS, standard: this.waiting },
      refused: { ...NO_TIERS, bulk: this.refusedBulk * seconds },
      processed,
      busyMs: (1000 * processed) / this.#perSecond,
      mask: this.mask,
    }
  }
}

export interface RigOptions {
  readonly policy?: Partial<PolicyOptions>
  readonly units?: number
  readonly perSecond?: number
  readonly knownRate?: number
  readonly kept?: KeptScaling
  readonly pool?: Partial<ScaledPoolOptions>
  readonly history?: number
}

export class ScalingRig {
  readonly clock = new VirtualClock(START)
  readonly forecaster = new SetForecaster()
  readonly target: SetTarget
  readonly gauge: SetGauge
  readonly loop: ScalingLoop
  readonly alerts: ScalingAlert[] = []
  readonly ticks: ScalingTick[] = []
  holds: CapacityHold[] = []

  constructor(options: RigOptions = {}) {
    const perSecond = options.perSecond ?? 1000
    this.target = new SetTarget(options.units ?? 1)
    this.gauge = new SetGauge(this.clock, this.target, perSecond)
    this.loop = new ScalingLoop({
      clock: this.clock,
      gauge: this.gauge,
      forecaster: this.forecaster,
      holds: { between: (from, until) => this.holds.filter((h) => h.from < until && h.until > from) },
      pools: [
        {
          ...{ name: 'workers', target: this.target, workersPerUnit: 1, isOneOfMany: false },
          ...{ policy: { ...POLICY, ...options.policy }, observeEveryMs: 0, readyWithinMs: 5000 },
          ...options.pool,
        },
      ],
      history: options.history ?? 100,
      serviceRate: options.knownRate ?? perSecond,
      onAlert: (alert) => this.alerts.push(alert),
      onTick: (tick) => this.ticks.push(tick),
      kept: options.kept,
    })
  }

  /** Lets so many seconds pass, each with its tick, and the target answer. */
  async seconds(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      this.clock.advance(1000)
      await this.loop.settled()
    }
  }

  async start(): Promise<this> {
    this.loop.start()
    await this.loop.settled()
    return this
  }

  get at(): number {
    return this.clock.epochMs()
  }
}
