/**
 * What the fleet offers each pool in a step: the streams with what outages, anomalies and operations make of them, sent to
 * the pool of their region, or to the one that stands in for it.
 */
import type { DemandMask, DemandSeries } from '../../core/scaling.ts'
import { TIERS } from '../../core/tiers.ts'
import type { Scenario } from '../scenario/scenario-options.ts'
import type { PoolOptions } from '../scenario/world-options.ts'
import type { Fleet } from '../traffic/fleet.ts'
import { TRACK_COUNT, trackOf } from '../words.ts'
import type { Anomalies } from './anomalies.ts'
import type { Faults } from './faults.ts'
import { Outages } from './outages.ts'

const CRITICAL = 0

/** Of one pool, in one step; used again for the next. */
export class Offered {
  readonly series: readonly DemandSeries[]
  /** Readings, by series. */
  readonly bySeries: Float64Array
  /** Readings by track; events in the work that they make. */
  readonly byTrack = new Float64Array(TRACK_COUNT)
  activations = 0
  mask: DemandMask | null = null

  constructor(regions: readonly string[]) {
    this.series = regions.flatMap((region) => TIERS.map((tier) => ({ tier, region })))
    this.bySeries = new Float64Array(this.series.length)
  }

  clear(): void {
    this.bySeries.fill(0)
    this.byTrack.fill(0)
    this.activations = 0
    this.mask = null
  }

  add(region: number, tier: number, amount: number): void {
    this.bySeries[region * TIERS.length + tier] += amount
    this.byTrack[trackOf(tier)] += amount
  }
}

export interface OfferedParts {
  readonly scenario: Scenario
  readonly fleet: Fleet
  readonly faults: Faults
  readonly anomalies: Anomalies
  /** Whether a pool has units that work, by index. */
  readonly isServing: (pool: number) => boolean
  /** Share of a pool's devices that an operation keeps silent, by index. */
  readonly silenced: (pool: number) => number
}

export class OfferedLoad {
  readonly pools: readonly Offered[]
  readonly #parts: OfferedParts
  readonly #outages: Outages
  /** Region by stream. */
  readonly #regionOf: readonly number[]
  /** Who serves for a pool in this step, and what of its devices is silent. */
  readonly #now: number[] = []
  readonly #silenced: number[] = []
  /** Pool by stream, and where it goes when that pool is down. */
  readonly #poolOf: readonly number[]
  readonly #standIn: readonly (number | undefined)[]

  constructor(parts: OfferedParts) {
    const { scenario, fleet, faults } = parts
    this.#parts = parts
    this.#outages = new Outages(faults.outages, fleet.streams)
    const regions = scenario.regions.map(({ name }) => name)
    this.#regionOf = fleet.streams.map(({ region }) => regions.indexOf(region))
    this.pools = scenario.pools.map(() => new Offered(regions))
    const indexOf = (name: string): number => scenario.pools.findIndex((pool) => pool.name === name)
    this.#standIn = scenario.pools.map(({ failover }) => failover && indexOf(failover.to))
    this.#poolOf = fleet.streams.map(({ region }) => scenario.pools.findIndex((pool) => serves(pool, region)))
  }

  /** Readings of the step of `ms` that begins `sinceMs` after the start. */
  step(sinceMs: number, ms: number): void {
    const { fleet } = this.#parts
    fleet.step(sinceMs, ms)
    for (const pool of this.pools) pool.clear()
    for (let pool = 0; pool < this.pools.length; pool++) {
      this.#now[pool] = this.#servedBy(pool, sinceMs)
      this.#silenced[pool] = this.#parts.silenced(pool)
    }
    for (let stream = 0; stream < fleet.streams.length; stream++) this.#offer(stream, sinceMs, ms)
  }

  #offer(index: number, sinceMs: number, ms: number): void {
    const { fleet, anomalies } = this.#parts
    const { group, region, tierIndex } = fleet.streams[index]
    const home = this.#poolOf[index]
    const offered = this.pools[this.#now[home]]
    const { mask, amount, reconnected } = this.#outages.through(index, fleet.rates[index], sinceMs, ms)
    const silenced = this.#silenced[home]
    const sent = amount * (1 - silenced)
    const { escalated, work } = anomalies.at(sinceMs, group, region)
    offered.add(this.#regionOf[index], tierIndex, sent * (1 - escalated))
    if (escalated > 0) offered.add(this.#regionOf[index], CRITICAL, sent * escalated)
    offered.byTrack[0] += sent * work
    offered.activations += fleet.joined[index] + reconnected
    offered.mask ??= mask ?? (silenced > 0 ? 'maintenance' : null)
  }

  #servedBy(pool: number, sinceMs: number): number {
    const { scenario, faults, isServing } = this.#parts
    const standIn = this.#standIn[pool]
    if (standIn === undefined) return pool
    const { name, failover } = scenario.pools[pool]
    const since = faults.downSince(name, sinceMs)
    const isGone = since === undefined ? !isServing(pool) : sinceMs - since >= (failover?.after ?? 0)
    return isGone ? standIn : pool
  }
}

const serves = ({ regions }: PoolOptions, region: string): boolean => regions?.includes(region) ?? true
