/** What decides for a pool: the engine's own loop, forecaster and reservations, on virtual time. */
import type { Clock } from '../../core/clock.ts'
import type { CapacityOutlook, DemandForecaster, ScalingDecision } from '../../core/scaling.ts'
import { Degradation } from '../../engine/scaling/degradation.ts'
import type { ScalingAlert } from '../../scaling/alert-watch.ts'
import type { LadderStep } from '../../scaling/degradation/ladder.ts'
import { ladderInputsOf } from '../../scaling/degradation/ladder-inputs.ts'
import { heldUnits } from '../../scaling/policy/need.ts'
import type { ScaledPool } from '../../scaling/scaled-pool.ts'
import { ScalingLoop } from '../../scaling/scaling-loop.ts'
import type { Standing } from '../result/measures.ts'
import type { MaintenanceOptions } from '../scenario/world-options.ts'
import type { Faults } from '../world/faults.ts'
import type { PoolWorld } from '../world/pool-world.ts'
import { SimulatedTarget } from '../world/simulated-target.ts'
import { Operations } from './operations.ts'

const DECISIONS = 10_000
/** A node that is not there after so many times its usual start is late. */
const PATIENCE = 3
const LEAST_PATIENCE_MS = 30_000

export interface ControlParts {
  readonly clock: Clock
  readonly startMs: number
  readonly seed: number
  readonly pool: PoolWorld
  readonly faults: Faults
  readonly forecaster: DemandForecaster
  readonly operations: readonly MaintenanceOptions[]
  readonly serviceRate: number
  /** The latest a unit takes to start. */
  readonly startMostMs: number
}

export class Control {
  readonly loop: ScalingLoop
  readonly operations: Operations
  readonly alerts: ScalingAlert[] = []
  /** Down the ladder of degraded mode, and up. */
  readonly steps: LadderStep[] = []
  readonly #degradation: Degradation | undefined
  readonly #parts: ControlParts
  readonly #pool: ScaledPool
  readonly #outlook: CapacityOutlook

  constructor(parts: ControlParts) {
    const { clock, pool, faults, forecaster, startMs, seed, operations } = parts
    this.#parts = parts
    this.loop = new ScalingLoop({
      ...{ clock, gauge: pool, forecaster, history: DECISIONS, serviceRate: parts.serviceRate },
      holds: { between: (from, until) => this.operations.book.between(from, until) },
      onAlert: (alert) => this.alerts.push(alert),
      onTick: ({ pools: [ticked] }) => {
        if (ticked !== undefined) this.#degradation?.look(ladderInputsOf(ticked.decision))
      },
      pools: [
        {
          ...{ name: pool.options.name, policy: pool.options.policy, isOneOfMany: false },
          ...{ target: new SimulatedTarget(pool, faults, clock), workersPerUnit: pool.workersPerUnit },
          observeEveryMs: 0,
          readyWithinMs: Math.max(LEAST_PATIENCE_MS, PATIENCE * parts.startMostMs),
        },
      ],
    })
    ;[this.#pool] = this.loop.pools
    this.#degradation = this.#ladder()
    this.#outlook = this.loop.outlook(pool.options.name)!
    this.operations = new Operations({ clock, startMs, seed, operations, outlook: this.#outlook })
  }

  /** How many rungs down the ladder it is. */
  get rung(): number {
    return this.steps.at(-1)?.to ?? 0
  }

  begin(): void {
    this.loop.start()
    this.operations.begin()
  }

  get decision(): ScalingDecision | undefined {
    return this.#pool.latest
  }

  #ladder(): Degradation | undefined {
    const { thrift, options } = this.#parts.pool
    if (options.degradation.ladder.length === 0) return undefined
    return new Degradation(options.degradation, {
      economise: (economy) => thrift.economise(economy),
      pausePipelines: (names) => Promise.resolve(thrift.pause(names)),
      onStep: (step) => this.steps.push(step),
      onFailure: (error) => {
        throw error
      },
    })
  }

  /** What the policy says now. */
  standing(): Standing {
    const { clock, faults, pool } = this.#parts
    const now = clock.epochMs()
    const sinceMs = clock.nowMs()
    const { name } = pool.options
    const { min, max } = this.#pool.policy.boundsAt(now)
    const { targetUtilisation, cost } = this.#pool.policy.options
    return {
      targetUtilisation,
      min,
      cost,
      held: this.operations.isIdle ? 0 : heldUnits(this.operations.book.between(now, now + 1)),
      max: faults.isDown(name, sinceMs) ? 0 : Math.min(max, faults.mostUnits(name, sinceMs)),
    }
  }

  /** Tells the world what operations take from it now. */
  occupy(): void {
    if (this.operations.isIdle) return
    const { pool } = this.#parts
    pool.operating = this.operations.operatingUnits(this.#outlook.ceiling)
  }
}
