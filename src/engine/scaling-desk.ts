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
  ScalingTarget,
} from '../core/scaling.ts'
import type { Economy } from '../memory/economies.ts'
import type { ScalingAlert } from '../scaling/alert-watch.ts'
import type { Override } from '../scaling/policy/override.ts'
import type { PolicyOptions } from '../scaling/policy/policy-options.ts'
import type { ScaledPool, ScaledPoolOptions, ScaledPoolState } from '../scaling/scaled-pool.ts'
import type { ScalingGauge } from '../scaling/scaling-gauge.ts'
import { refusedOf, waitMsOf } from '../scaling/policy/need.ts'
import type { LadderStep } from '../scaling/degradation/ladder.ts'
import type { DayReport } from '../scaling/report/day.ts'
import type { TimelinePoint } from '../scaling/report/timeline.ts'
import { type KeptScaling, ScalingLoop, type ScalingTick } from '../scaling/scaling-loop.ts'
import { Degradation, type DegradationState } from './scaling/degradation.ts'
import type { Config } from './config/config.ts'
import { policyOptions } from './config/options/scaling.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { EventDesk } from './engine-events.ts'
import { changedPolicy } from './scaling/policy-change.ts'
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
  readonly kept?: KeptScaling | undefined
  readonly forecaster: DemandForecaster
  readonly alerts: AlertBook
  readonly alertLog: AlertLog
  readonly nextTicket: () => number
  readonly events: EventDesk
  readonly pausePipelines: (names: readonly string[]) => Promise<void>
  readonly economise: (economy: Economy) => void
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
const READY_WITHIN_MS = 30_000

export class ScalingDesk {
  readonly #parts: ScalingDeskParts
  readonly #loop: ScalingLoop
  readonly #degradation: Degradation
  readonly #stepListeners = new Set<(step: LadderStep) => void>()
  #holds: CapacityHolds = { between: () => [] }

  constructor(parts: ScalingDeskParts) {
    const { config, clock, events, forecaster, gauge, kept } = parts
    this.#parts = parts
    this.#loop = new ScalingLoop({
      ...{ clock, forecaster, gauge, kept, history: config.scaling.history },
      ...{ serviceRate: config.scaling.serviceRate, priorities: config.scaling.priorities },
      holds: {
        between: (from, until) => this.#holds.between(from, until),
        grant: (...told) => this.#holds.grant?.(...told),
      },
      pools: poolsOf(parts),
      onAlert: (alert) => this.#alert(alert),
      onTick: (tick) => this.#degrade(tick),
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
    const [pools, accuracy] = [this.#loop.state(), this.#loop.accuracy()]
    return { enabled: this.isEnabled, pools, accuracy, degradation }
  }

  stats(): ScalingStats {
    const { depth: degradedRung } = this.#degradation.state
    return { enabled: this.isEnabled, pools: this.#loop.stats(), degradedRung }
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

  /** For a restart. */
  kept(): KeptScaling {
    return this.#loop.kept()
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
  #hardBounds({ name }: ScaledPool): { readonly min: number; readonly max: number } {
    const { pool, scaling } = this.#parts.config
    return name === WORKERS || scaling.nodes === null ? pool : scaling.nodes
  }

  #degrade({ pools }: ScalingTick): void {
    const decision = pools.find(({ pool }) => pool.name === WORKERS)?.decision
    if (decision === undefined) return
    const { at, inputs, to, wanted } = decision
    const isAtCeiling = to < wanted && inputs.ready >= to
    const waitMs = waitMsOf(inputs)
    this.#degradation.look({
      at,
      isAtCeiling,
      waitMs,
      refused: refusedOf(inputs),
      utilisation: inputs.utilisation,
    })
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

function poolsOf({ config, pool, nodes: target }: ScalingDeskParts): ScaledPoolOptions[] {
  const { nodes, pool: policy } = config.scaling
  const { min, max } = config.pool
  const workers = {
    ...{ name: WORKERS, target: new PoolTarget(pool), workersPerUnit: 1, isOneOfMany: false },
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
