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
  ScalingDecision,
  ScalingStats,
  ScalingTarget,
} from '../core/scaling.ts'
import type { Economy } from '../memory/economies.ts'
import type { ScalingAlert } from '../scaling/alert-watch.ts'
import type { Override } from '../scaling/policy/override.ts'
import type { PolicyOptions } from '../scaling/policy/policy-options.ts'
import type { ScaledPool } from '../scaling/scaled-pool.ts'
import type { ScalingGauge } from '../scaling/scaling-gauge.ts'
import { ladderInputsOf } from '../scaling/degradation/ladder-inputs.ts'
import type { LadderStep } from '../scaling/degradation/ladder.ts'
import { ScalingLoop, type ScalingTick } from '../scaling/scaling-loop.ts'
import type { Config } from './config/config.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { EventDesk } from './engine-events.ts'
import { Degradation } from './scaling/degradation.ts'
import type {
  DesiredUnits,
  KeptCapacity,
  OverrideRequest,
  ScalingReport,
  ScalingState,
} from './scaling/documents.ts'
import { HeldCapacity } from './scaling/held-capacity.ts'
import { PolicyChanges } from './scaling/policy-changes.ts'
import { PoolTarget } from './scaling/pool-target.ts'
import { hardBounds, NODES, poolsOf, WORKERS } from './scaling/pools.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface ScalingDeskParts {
  readonly config: Config
  readonly clock: Clock
  readonly pool: Pick<WorkerPool, 'size' | 'running' | 'resize'>
  readonly gauge: ScalingGauge
  /** What nodes are, where the engine asks for them. */
  readonly nodes?: ScalingTarget | undefined
  /** From before the last end. */
  readonly kept?: KeptCapacity | undefined
  /** Something is to be kept that cannot wait for the next time. */
  readonly onChange?: () => void
  readonly forecaster: DemandForecaster
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly nextTicket: () => number
  readonly events: EventDesk
  readonly pausePipelines: (names: readonly string[]) => Promise<void>
  readonly economise: (economy: Economy) => void
}

export class ScalingDesk {
  readonly #parts: ScalingDeskParts
  readonly #loop: ScalingLoop
  readonly #degradation: Degradation
  readonly #changes: PolicyChanges
  readonly #held = new HeldCapacity()
  readonly #workers: PoolTarget
  readonly #stepListeners = new Set<(step: LadderStep) => void>()

  constructor(parts: ScalingDeskParts) {
    const { config, clock, events, forecaster, gauge, kept } = parts
    this.#parts = parts
    this.#workers = new PoolTarget(parts.pool)
    const pools = poolsOf(config, this.#workers, parts.nodes)
    this.#changes = new PolicyChanges({
      ...{ pools, kept: kept?.changes ?? {}, bounds: (name) => hardBounds(config, name) },
      onFailure: (error) => events.tell('failure', error),
    })
    this.#loop = new ScalingLoop({
      ...{ clock, forecaster, gauge, kept, history: config.scaling.history },
      ...{ serviceRate: config.scaling.serviceRate, priorities: config.scaling.priorities },
      holds: this.#held,
      pools: pools.map((pool) => ({ ...pool, policy: this.#changes.first(pool) })),
      onAlert: (alert) => this.#alert(alert),
      onTick: (tick) => {
        this.#degrade(tick)
        this.#workers.leave(this.#held.workersApart(tick.at))
      },
    })
    this.#degradation = new Degradation(config.scaling.degradation, {
      ...{ pausePipelines: parts.pausePipelines, economise: parts.economise },
      onStep: (step) => this.#stepped(step),
      onFailure: (error) => events.tell('failure', error),
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
    const { state: degradation } = this.#degradation
    const accuracy = this.#loop.accuracy()
    const pools = this.#loop.state().map((pool) => ({ ...pool, changes: this.#changes.of(pool.pool) }))
    const demand = this.#loop.demand.list()
    return { enabled: this.isEnabled, pools, demand, accuracy, degradation }
  }

  stats(): ScalingStats {
    const { depth: degradedRung } = this.#degradation.state
    const [pools, demand] = [this.#loop.stats(), this.#loop.demand.list()]
    return { enabled: this.isEnabled, pools, demand, degradedRung }
  }

  /** What a pool should have; the nodes, where there are some, when nothing is said. */
  desired(name?: string): DesiredUnits {
    const pool = this.#poolOf(name ?? this.#loop.pool(NODES)?.name)
    const { desired, ready } = pool.state(this.#parts.clock.epochMs())
    return { pool: pool.name, desired, ready: ready ?? 0, demand: pool.latest?.inputs.demand ?? 0 }
  }

  /** What capacity was there, and what it was good for. */
  report(name?: string): ScalingReport {
    const { name: pool, ledger } = this.#poolOf(name)
    return { pool, days: ledger.days(), timeline: ledger.timeline }
  }

  /** Hears of steps down and up the ladder of degraded mode. */
  followSteps(listener: (step: LadderStep) => void): () => void {
    this.#stepListeners.add(listener)
    return () => void this.#stepListeners.delete(listener)
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
    const { min, max } = hardBounds(this.#parts.config, pool.name)
    if (!Number.isInteger(units) || units < min || units > max)
      throw new MillraceError('bad-request', `units: ${units} is not allowed; allowed: ${min} to ${max}`)
    const end = until ?? (forMs === undefined ? null : this.#parts.clock.epochMs() + forMs)
    const override = { units, until: end, by: by ?? 'somebody', comment: comment ?? '' }
    pool.policy.overrideBy(override)
    this.#parts.onChange?.()
    return override
  }

  /** The policy decides again. */
  endOverride(name?: string): void {
    this.#poolOf(name).policy.overrideBy(null)
    this.#parts.onChange?.()
  }

  /** Changes what a policy goes by, at once, until that is taken back. Throws `bad-request`. */
  change(patch: unknown, name?: string): PolicyOptions {
    const pool = this.#poolOf(name)
    const options = this.#changes.change(pool.name, pool.policy.options, patch)
    pool.policy.change(options)
    this.#parts.onChange?.()
    return options
  }

  /** A policy goes by what is configured again. */
  endChanges(name?: string): PolicyOptions {
    const pool = this.#poolOf(name)
    const options = this.#changes.end(pool.name)
    pool.policy.change(options)
    this.#parts.onChange?.()
    return options
  }

  /** Who sets capacity apart. */
  holdBy(holds: CapacityHolds): void {
    this.#held.holdBy(holds)
  }

  /** What reservations may count on. */
  outlook(name = WORKERS): CapacityOutlook {
    return this.#loop.outlook(name) as CapacityOutlook
  }

  holds(from: number, until: number): readonly CapacityHold[] {
    return this.#held.between(from, until)
  }

  /** For a restart. */
  kept(): KeptCapacity {
    return { ...this.#loop.kept(), changes: this.#changes.kept() }
  }

  close(): Promise<void> {
    return this.#loop.close()
  }

  #poolOf(name = WORKERS): ScaledPool {
    const pool = this.#loop.pool(name)
    if (pool !== undefined) return pool
    const known = this.#loop.pools.map((candidate) => candidate.name).join(', ')
    throw new MillraceError('not-found', `there is no pool ${JSON.stringify(name)}; there are: ${known}`)
  }

  #degrade({ pools }: ScalingTick): void {
    const decision = pools.find(({ pool }) => pool.name === WORKERS)?.decision
    if (decision !== undefined) this.#degradation.look(ladderInputsOf(decision))
  }

  #stepped(step: LadderStep): void {
    this.#parts.events.tell('degradation', step)
    for (const listener of this.#stepListeners) listener(step)
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
