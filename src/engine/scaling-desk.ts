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
  ScalingStats,
  SeriesDemand,
  ScalingTarget,
} from '../core/scaling.ts'
import type { Economy } from '../memory/economies.ts'
import type { ScalingAlert } from '../scaling/alert-watch.ts'
import type { Override } from '../scaling/policy/override.ts'
import type { PolicyOptions } from '../scaling/policy/policy-options.ts'
import type { ScaledPool, ScaledPoolOptions, ScaledPoolState } from '../scaling/scaled-pool.ts'
import type { ScalingGauge } from '../scaling/scaling-gauge.ts'
import { ladderInputsOf } from '../scaling/degradation/ladder-inputs.ts'
import type { LadderStep } from '../scaling/degradation/ladder.ts'
import type { DayReport } from '../scaling/report/day.ts'
import type { TimelinePoint } from '../scaling/report/timeline.ts'
import { type KeptScaling, ScalingLoop, type ScalingTick } from '../scaling/scaling-loop.ts'
import { Degradation, type DegradationState } from './scaling/degradation.ts'
import type { Config } from './config/config.ts'
import { policyOptions } from './config/options/scaling.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { EventDesk } from './engine-events.ts'
import { bothChanges, changedPolicy } from './scaling/policy-change.ts'
import { PoolTarget } from './scaling/pool-target.ts'
import { PullTarget } from './scaling/pull-target.ts'
import type { WorkerPool } from './worker-pool.ts'

/** The pool of worker threads, and the nodes beside this one. */
const WORKERS = 'workers'
const NODES = 'nodes'

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

/** What outlives the process. */
export interface KeptCapacity extends KeptScaling {
  /** What was changed of policies at run time, by pool. */
  readonly changes?: Readonly<Record<string, unknown>>
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

/** A pool, and what of its policy was changed at run time; null = it is as configured. */
export interface PoolState extends ScaledPoolState {
  readonly changes: unknown
}

/** The document of `GET /v1/scaling`. */
export interface ScalingState {
  readonly enabled: boolean
  readonly pools: readonly PoolState[]
  /** By tier and region, of those that have had some. */
  readonly demand: readonly SeriesDemand[]
  readonly accuracy: ForecastAccuracy
  readonly degradation: DegradationState
}

/** What an autoscaler that comes and asks is told. */
export interface DesiredUnits {
  readonly pool: string
  readonly desired: number
  readonly ready: number
  readonly demand: number
}

/** The document of `GET /v1/scaling/report`. */
export interface ScalingReport {
  readonly pool: string
  /** The earliest first. */
  readonly days: readonly DayReport[]
  /** Minute by minute, the latest two days. */
  readonly timeline: readonly TimelinePoint[]
}

const NODES_EVERY_MS = 1000
/** As far ahead as a policy looks. */
const LONGEST_LEAD_MS = 3_600_000
const READY_WITHIN_MS = 30_000

export class ScalingDesk {
  readonly #parts: ScalingDeskParts
  readonly #loop: ScalingLoop
  readonly #degradation: Degradation
  /** As configured, by pool. */
  readonly #configured: ReadonlyMap<string, PolicyOptions>
  readonly #changes: Map<string, unknown>
  readonly #stepListeners = new Set<(step: LadderStep) => void>()
  #holds: CapacityHolds = { between: () => [] }
  readonly #workers: PoolTarget
  /** What holds have got of what they asked for, while there is not enough for all. */
  readonly #granted = new Map<string, number>()

  constructor(parts: ScalingDeskParts) {
    const { config, clock, events, forecaster, gauge, kept } = parts
    this.#parts = parts
    this.#workers = new PoolTarget(parts.pool)
    const pools = poolsOf(parts, this.#workers)
    this.#configured = new Map(pools.map(({ name, policy }) => [name, policy]))
    this.#changes = new Map(Object.entries(kept?.changes ?? {}))
    this.#loop = new ScalingLoop({
      ...{ clock, forecaster, gauge, kept, history: config.scaling.history },
      ...{ serviceRate: config.scaling.serviceRate, priorities: config.scaling.priorities },
      holds: {
        between: (from, until) => this.#holds.between(from, until),
        grant: (id, units, reason) => {
          this.#granted.set(id, units)
          this.#holds.grant?.(id, units, reason)
        },
      },
      pools: pools.map((pool) => ({ ...pool, policy: this.#changed(pool) })),
      onAlert: (alert) => this.#alert(alert),
      onTick: (tick) => {
        this.#degrade(tick)
        this.#setApart(tick.at)
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
    const pools = this.#loop
      .state()
      .map((pool) => ({ ...pool, changes: this.#changes.get(pool.pool) ?? null }))
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
    const { min, max } = this.#hardBounds(pool.name)
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
    const options = changedPolicy(pool.policy.options, patch, this.#hardBounds(pool.name))
    const before = this.#changes.get(pool.name)
    this.#changes.set(pool.name, before === undefined ? patch : bothChanges(before, patch))
    pool.policy.change(options)
    this.#parts.onChange?.()
    return options
  }

  /** A policy goes by what is configured again. */
  endChanges(name?: string): PolicyOptions {
    const pool = this.#poolOf(name)
    const options = this.#configured.get(pool.name) as PolicyOptions
    this.#changes.delete(pool.name)
    pool.policy.change(options)
    this.#parts.onChange?.()
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

  /** For a restart. */
  kept(): KeptCapacity {
    return { ...this.#loop.kept(), changes: Object.fromEntries(this.#changes) }
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

  /** What the configuration says; of workers, what memory was laid out for. */
  #hardBounds(name: string): { readonly min: number; readonly max: number } {
    const { pool, scaling } = this.#parts.config
    return name === WORKERS || scaling.nodes === null ? pool : scaling.nodes
  }

  /** As configured, with what was changed before the last end, which the configuration may rule out by now: that is told. */
  #changed({ name, policy }: ScaledPoolOptions): PolicyOptions {
    const change = this.#changes.get(name)
    if (change === undefined) return policy
    try {
      return changedPolicy(policy, change, this.#hardBounds(name))
    } catch (error) {
      this.#changes.delete(name)
      this.#parts.events.tell('failure', error)
      return policy
    }
  }

  /** What operations are to have for themselves is left to them as long as their holds last. */
  #setApart(at: number): void {
    const holds = this.#holds.between(at, at + 1).filter(({ use }) => use === 'operation')
    const units = holds.reduce(
      (sum, hold) => sum + Math.min(hold.units, this.#granted.get(hold.id) ?? hold.units),
      0,
    )
    this.#workers.leave(Math.floor(units))
    if (this.#granted.size === 0) return
    const known = new Set(this.#holds.between(at, at + LONGEST_LEAD_MS).map(({ id }) => id))
    for (const id of this.#granted.keys()) if (!known.has(id)) this.#granted.delete(id)
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

function poolsOf({ config, nodes: target }: ScalingDeskParts, pool: PoolTarget): ScaledPoolOptions[] {
  const { nodes, pool: policy } = config.scaling
  const { min, max } = config.pool
  const workers = {
    ...{ name: WORKERS, target: pool, workersPerUnit: 1, isOneOfMany: false },
    ...{ policy: { ...policy, min, max }, observeEveryMs: 0, readyWithinMs: READY_WITHIN_MS },
  }
  if (nodes === null) return [workers]
  return [
    workers,
    {
      ...{ name: NODES, target: target ?? new PullTarget(nodes.min), workersPerUnit: max, isOneOfMany: true },
      // the target is not part of it: what opens it is for nobody to see
      ...{ policy: policyOptions.strip().parse(nodes), observeEveryMs: NODES_EVERY_MS },
      readyWithinMs: nodes.readyWithinMs,
    },
  ]
}
