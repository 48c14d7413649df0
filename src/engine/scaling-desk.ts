/**
 * Elastic capacity in the engine: the loop with the engine's gauge, forecaster and targets; its alerts in the alert book, its
 * decisions as events, and what people and programs may change while it runs.
 */
import type { AlertBook } from '../alerts/alert-book.ts'
import type { Clock } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import type {
  CapacityHold,
  CapacityHolds,
  CapacityOutlook,
  DemandForecaster,
  ForecastAccuracy,
  ScalingDecision,
} from '../core/scaling.ts'
import type { ScalingAlert } from '../scaling/alert-watch.ts'
import type { Override } from '../scaling/policy/override.ts'
import type { PolicyOptions } from '../scaling/policy/policy-options.ts'
import type { ScaledPool, ScaledPoolState } from '../scaling/scaled-pool.ts'
import { ScalingLoop } from '../scaling/scaling-loop.ts'
import type { Config } from './config/config.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { EventDesk } from './engine-events.ts'
import { EngineGauge, type EngineGaugeParts } from './scaling/engine-gauge.ts'
import { changedPolicy } from './scaling/policy-change.ts'
import { PoolTarget } from './scaling/pool-target.ts'
import type { WorkerPool } from './worker-pool.ts'

/** The pool of worker threads. */
export const WORKERS = 'workers'

export interface ScalingDeskParts {
  readonly config: Config
  readonly clock: Clock
  readonly pool: Pick<WorkerPool, 'size' | 'busy' | 'running' | 'resize'>
  readonly gauge: Omit<EngineGaugeParts, 'clock' | 'pool' | 'defaultTier'>
  readonly forecaster: DemandForecaster
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly nextTicket: () => number
  readonly events: EventDesk
}

/** What is asked for by hand. */
export interface OverrideRequest {
  readonly pool?: string | undefined
  readonly units: number
  /** It ends then, milliseconds since the epoch; never, when neither this nor `forMs` is given. */
  readonly until?: number | undefined
  readonly forMs?: number | undefined
  readonly by?: string | undefined
  readonly comment?: string | undefined
}

/** The document of `GET /v1/scaling`. */
export interface ScalingState {
  readonly enabled: boolean
  readonly pools: readonly ScaledPoolState[]
  readonly accuracy: ForecastAccuracy
}

const OBSERVE_EVERY_MS = 0
const READY_WITHIN_MS = 30_000

export class ScalingDesk {
  readonly #parts: ScalingDeskParts
  readonly #gauge: EngineGauge
  readonly #loop: ScalingLoop
  #holds: CapacityHolds = { between: () => [] }

  constructor(parts: ScalingDeskParts) {
    const { config, clock, pool, events, forecaster } = parts
    this.#parts = parts
    this.#gauge = new EngineGauge({ ...parts.gauge, clock, pool, defaultTier: config.tiers.default })
    this.#loop = new ScalingLoop({
      ...{ clock, forecaster, gauge: this.#gauge, history: config.scaling.history },
      serviceRate: config.scaling.serviceRate,
      holds: { between: (from, until) => this.#holds.between(from, until) },
      pools: [
        {
          ...{ name: WORKERS, target: new PoolTarget(pool), workersPerUnit: 1, isOneOfMany: false },
          policy: { ...config.scaling.pool, min: config.pool.min, max: config.pool.max },
          ...{ observeEveryMs: OBSERVE_EVERY_MS, readyWithinMs: READY_WITHIN_MS },
        },
      ],
      onAlert: (alert) => this.#alert(alert),
    })
    this.#loop.decisions.follow((decision) => events.tell('scaling', decision))
  }

  get isEnabled(): boolean {
    return this.#parts.config.scaling.enabled
  }

  /** From now on the pools follow the load. Alerts of a process before are not this one's. */
  begin(): void {
    const { alerts, clock } = this.#parts
    for (const { rule, key } of alerts.open())
      if (rule.startsWith(RULE)) alerts.clear({ rule, series: 0n, key, time: clock.epochMs() })
    if (this.isEnabled) this.#loop.start()
  }

  state(): ScalingState {
    return { enabled: this.isEnabled, pools: this.#loop.state(), accuracy: this.#loop.accuracy() }
  }

  /** The latest first. */
  decisions(limit = 100, before = Infinity, pool?: string): readonly ScalingDecision[] {
    return this.#loop.decisions.list(limit, before, pool)
  }

  /** Decisions after a number, then each as it is made. */
  follow(after: number | undefined, listener: (decision: ScalingDecision) => void): () => void {
    if (after !== undefined) for (const decision of this.#loop.decisions.since(after)) listener(decision)
    return this.#loop.decisions.follow(listener)
  }

  /** A size that holds whatever the load is. Throws `bad-request` beyond the pool's bounds. */
  override({ pool: name, units, until, forMs, by, comment }: OverrideRequest): Override {
    const pool = this.#poolOf(name)
    const { min, max } = this.#hardBounds(pool)
    if (!Number.isInteger(units) || units < min || units > max)
      throw new MillraceError('bad-request', `units: ${units} is not allowed; allowed: ${min} to ${max}`)
    const end = until ?? (forMs === undefined ? null : this.#parts.clock.epochMs() + forMs)
    const override = { units, until: end, by: by ?? 'somebody', comment: comment ?? '' }
    pool.policy.overrideBy(override)
    return override
  }

  /** The policy decides again. */
  endOverride(name?: string): void {
    this.#poolOf(name).policy.overrideBy(null)
  }

  /** Changes what a policy goes by, at once. Throws `bad-request`. */
  change(patch: unknown, name?: string): PolicyOptions {
    const pool = this.#poolOf(name)
    const options = changedPolicy(pool.policy.options, patch, this.#hardBounds(pool))
    pool.policy.change(options)
    return options
  }

  /** Who sets capacity apart. */
  holdBy(holds: CapacityHolds): void {
    this.#holds = holds
  }

  /** What reservations may count on. */
  outlook(name = WORKERS): CapacityOutlook {
    return this.#loop.outlook(name) as CapacityOutlook
  }

  holds(from: number, until: number): readonly CapacityHold[] {
    return this.#holds.between(from, until)
  }

  async close(): Promise<void> {
    this.#gauge.close()
    await this.#loop.close()
  }

  #poolOf(name = WORKERS): ScaledPool {
    const pool = this.#loop.pool(name)
    if (pool !== undefined) return pool
    const known = this.#loop.pools.map((candidate) => candidate.name).join(', ')
    throw new MillraceError('not-found', `there is no pool ${JSON.stringify(name)}; there are: ${known}`)
  }

  /** What memory was laid out for. */
  #hardBounds(_pool: ScaledPool): { min: number; max: number } {
    const { min, max } = this.#parts.config.pool
    return { min, max }
  }

  #alert({ kind, pool: key, isRaised, message, at: time }: ScalingAlert): void {
    const { alerts, alertLog, nextTicket } = this.#parts
    const about = { rule: `${RULE}${kind}`, series: 0n, key, time }
    const severity = kind === 'at-ceiling' || kind === 'target-unreachable' ? 'high' : 'medium'
    const alert = isRaised
      ? alerts.raise({ ...about, region: '', severity, message, labels: { pool: key }, value: 0, score: 0 })
      : alerts.clear(about)
    if (alert !== undefined) alertLog.note(nextTicket() - 1, alert)
  }
}

/** What rules of its alerts begin with. */
const RULE = 'scaling-'
