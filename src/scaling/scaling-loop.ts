/**
 * The loop: once a second it measures, lets the forecaster see the second, asks each pool's policy, and its target for what
 * was decided. Everything it needs comes in by ports, so the simulator runs this same loop on virtual time.
 */
import type { Clock } from '../core/clock.ts'
import type {
  CapacityHolds,
  CapacityOutlook,
  DemandForecaster,
  ForecastAccuracy,
  ScaledPoolStats,
  ScalingDecision,
} from '../core/scaling.ts'
import type { ScalingAlert } from './alert-watch.ts'
import { DecisionBook } from './decision-book.ts'
import { DemandBook } from './demand-book.ts'
import { DemandFeed } from './demand-feed.ts'
import type { PriorityException } from './priorities.ts'
import { type KeptPool, ScaledPool, type ScaledPoolOptions, type ScaledPoolState } from './scaled-pool.ts'
import type { ScalingGauge } from './scaling-gauge.ts'
import { ServiceRate } from './service-rate.ts'

export const TICK_MS = 1000

export interface ScalingLoopParts {
  readonly clock: Clock
  readonly gauge: ScalingGauge
  readonly forecaster: DemandForecaster
  readonly holds: CapacityHolds
  readonly pools: readonly ScaledPoolOptions[]
  /** Decisions that are kept to be looked at. */
  readonly history: number
  /** Readings per second of a worker until it is measured; 0 = not known. */
  readonly serviceRate: number
  /** Exceptions from the order in which scarce units are given away. */
  readonly priorities?: readonly PriorityException[]
  readonly onAlert: (alert: ScalingAlert) => void
  /** After each tick. */
  readonly onTick?: (tick: ScalingTick) => void
  readonly kept?: KeptScaling | undefined
}

/** A second as it was seen, for reports. */
export interface ScalingTick {
  readonly at: number
  readonly elapsedMs: number
  readonly pools: readonly PoolTick[]
}

export interface PoolTick {
  readonly pool: ScaledPool
  readonly decision: ScalingDecision
}

/** What outlives the process. */
export interface KeptScaling {
  readonly nextDecision: number
  readonly serviceRate: number
  readonly pools: Readonly<Record<string, KeptPool>>
}

export class ScalingLoop {
  readonly decisions: DecisionBook
  readonly pools: readonly ScaledPool[]
  /** What wanted in, by series. */
  readonly demand: DemandBook
  readonly #parts: ScalingLoopParts
  readonly #rate: ServiceRate
  readonly #feed: DemandFeed
  #lastMs: number
  #stop = (): void => undefined

  constructor(parts: ScalingLoopParts) {
    const { clock, forecaster, kept, history, onAlert, holds } = parts
    this.#parts = parts
    this.decisions = new DecisionBook(history, kept?.nextDecision)
    this.#rate = new ServiceRate(kept?.serviceRate ?? parts.serviceRate)
    this.#feed = new DemandFeed(forecaster)
    this.demand = new DemandBook(forecaster.series)
    this.pools = parts.pools.map((options) => {
      const { decisions } = this
      return new ScaledPool(options, {
        ...{ forecaster, holds, decisions, onAlert, priorities: parts.priorities ?? [] },
        kept: kept?.pools[options.name],
      })
    })
    this.#lastMs = clock.nowMs()
  }

  /** Ticks once a second from now on. */
  start(): void {
    this.#stop()
    this.#lastMs = this.#parts.clock.nowMs()
    this.#parts.gauge.read()
    this.#lookAtTargets()
    this.#stop = this.#parts.clock.every(TICK_MS, () => this.tick())
  }

  /** One round; targets are asked, and not waited for. */
  tick(): void {
    const { clock, gauge, onTick } = this.#parts
    const elapsedMs = clock.nowMs() - this.#lastMs
    if (!(elapsedMs > 0)) return
    this.#lastMs = clock.nowMs()
    const at = clock.epochMs()
    const reading = gauge.read()
    this.#feed.take(reading, at, elapsedMs)
    this.demand.take(reading.arrivals, elapsedMs)
    this.#measureRate(reading.processed, reading.busyMs, elapsedMs)
    const measured = { reading, at, elapsedMs, serviceRate: this.#rate.perSecond }
    const ticked: PoolTick[] = []
    for (const pool of this.pools) {
      const decision = pool.tick(measured)
      if (decision !== undefined) ticked.push({ pool, decision })
    }
    onTick?.({ at, elapsedMs, pools: ticked })
  }

  /** Resolves when no target is being asked anything: for those who drive time by hand. */
  async settled(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.settled()))
  }

  pool(name: string): ScaledPool | undefined {
    return this.pools.find((pool) => pool.name === name)
  }

  state(): ScaledPoolState[] {
    const at = this.#parts.clock.epochMs()
    return this.pools.map((pool) => pool.state(at))
  }

  stats(): ScaledPoolStats[] {
    const at = this.#parts.clock.epochMs()
    return this.pools.map((pool) => pool.stats(at))
  }

  accuracy(): ForecastAccuracy {
    return this.#parts.forecaster.accuracy()
  }

  /** What reservations may count on; of the pool that holds are of. */
  outlook(name: string): CapacityOutlook | undefined {
    return this.pool(name)?.outlook(() => this.#rate.perSecond, this.#parts.clock)
  }

  kept(): KeptScaling {
    return {
      nextDecision: this.decisions.nextId,
      serviceRate: this.#rate.perSecond,
      pools: Object.fromEntries(this.pools.map((pool) => [pool.name, pool.kept()])),
    }
  }

  /** Ends it and lets the targets go. */
  async close(): Promise<void> {
    this.#stop()
    await Promise.all(this.pools.map(({ target }) => target.close()))
    await this.settled()
  }

  #lookAtTargets(): void {
    const at = this.#parts.clock.epochMs()
    for (const pool of this.pools) pool.look(at)
  }

  #measureRate(processed: number, busyMs: number, elapsedMs: number): void {
    const workers = this.pools.length > 0 ? Math.max(1, this.pools[0].workers) : 1
    this.#rate.measure(processed, busyMs, busyMs / (elapsedMs * workers))
  }
}
