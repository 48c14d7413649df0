/**
 * Measures for the scaling loop what the engine counts in shared memory anyway. Arrivals are what the router took, by tier
 * and region, and what it, or a full ring before it, refused: of these the tier is known, and the region is taken to be as
 * of what was accepted (see region-shares.ts). Readings that are sent again count again. How much workers had to do is
 * found by looking at them a hundred times a second.
 */
import type { Clock } from '../../core/clock.ts'
import { REFUSAL_REASONS } from '../../core/refusal.ts'
import type { DemandMask } from '../../core/scaling.ts'
import { type Tier, tierIndex, TIERS } from '../../core/tiers.ts'
import * as I from '../../ingest/intake-counters.ts'
import * as C from '../../memory/layout/counters.layout.ts'
import { TRACK_CRITICAL } from '../../memory/layout/lanes.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import type { ScalingGauge, ScalingReading } from '../../scaling/scaling-gauge.ts'
import type { Foundation } from '../foundation.ts'
import { RegionShares } from './region-shares.ts'

const LOOK_EVERY_MS = 10
const TWO_32 = 0x1_0000_0000
const OVERLOAD = REFUSAL_REASONS.indexOf('overload')
const RING = REFUSAL_REASONS.indexOf('ring')

export interface EngineGaugeParts {
  readonly foundation: Pick<Foundation, 'memory' | 'plan' | 'kernels'>
  readonly clock: Clock
  readonly pool: { readonly busy: number }
  /** How many there are, `unassigned` included. */
  readonly regions: number
  /** Of devices that nothing is said of; readings refused before anybody looked at them count as theirs. */
  readonly defaultTier: Tier
  /** Devices registered so far. */
  readonly registered: () => number
  readonly mask: () => DemandMask | null
}

/** Counts since the start. */
interface Counts {
  /** By region and tier, in the order of `engineSeries`. */
  readonly accepted: Float64Array
  readonly refused: readonly number[]
  readonly overload: number
  readonly ring: number
  readonly processed: number
  readonly connections: number
  readonly registered: number
}

export class EngineGauge implements ScalingGauge {
  readonly #parts: EngineGaugeParts
  readonly #stop: () => void
  readonly #shares: RegionShares
  #before: Counts
  #busyMs = 0
  #lookedMs: number

  constructor(parts: EngineGaugeParts) {
    this.#parts = parts
    this.#shares = new RegionShares(parts.regions * TIERS.length)
    this.#before = this.#counts()
    this.#lookedMs = parts.clock.nowMs()
    this.#stop = parts.clock.every(LOOK_EVERY_MS, () => this.#look())
  }

  read(): ScalingReading {
    const { defaultTier, mask } = this.#parts
    this.#look()
    const now = this.#counts()
    const before = this.#before
    this.#before = now
    const ring = now.ring - before.ring
    const refused = now.refused.map((count, tier) => count - before.refused[tier])
    const atDoor = TIERS.map((tier) => (tier === defaultTier ? ring : 0))
    const accepted = now.accepted.map((count, series) => count - before.accepted[series])
    const turnedAway = refused.map((count, tier) => count + atDoor[tier])
    const overload = shareOf(now.overload - before.overload, refused)
    const reading = {
      arrivals: this.#shares.arrivals(accepted, turnedAway),
      activations:
        Math.max(0, now.connections - before.connections) + Math.max(0, now.registered - before.registered),
      backlog: byTier((tier) => this.#backlog(tier)),
      refused: byTier((tier) => overload * refused[tierIndex(tier)] + atDoor[tierIndex(tier)]),
      processed: now.processed - before.processed,
      busyMs: this.#busyMs,
      mask: mask(),
    }
    this.#busyMs = 0
    return reading
  }

  close(): void {
    this.#stop()
  }

  #look(): void {
    const { clock, pool } = this.#parts
    const nowMs = clock.nowMs()
    this.#busyMs += pool.busy * (nowMs - this.#lookedMs)
    this.#lookedMs = nowMs
  }

  #counts(): Counts {
    const { plan } = this.#parts.foundation
    const router = plan.at.routerCounters
    return {
      accepted: this.#accepted(),
      refused: TIERS.map((_, tier) => this.#u64(router + C.ROUTER_REFUSED + 8 * tier)),
      overload: this.#u64(router + C.ROUTER_REASONS + 8 * OVERLOAD),
      ring: this.#intakes(I.INTAKE_REFUSED + RING),
      processed: this.#processed(),
      connections: this.#intakes(I.INTAKE_CONNECTIONS_OPENED),
      registered: this.#parts.registered(),
    }
  }

  #accepted(): Float64Array {
    const { regionCounters } = this.#parts.foundation.plan.at
    const accepted = new Float64Array(this.#parts.regions * TIERS.length)
    return accepted.map((_, series) => this.#u64(regionCounters + 8 * series))
  }

  #processed(): number {
    const { plan } = this.#parts.foundation
    let processed = 0
    for (let worker = 0; worker < plan.needs.workers; worker++)
      for (let tier = 0; tier < TIERS.length; tier++)
        processed += this.#u64(placeOf.workerCounters(plan, worker) + C.WORKER_PROCESSED + 8 * tier)
    return processed
  }

  #backlog(tier: Tier): number {
    const { plan, kernels } = this.#parts.foundation
    return kernels.countTrack(plan.at.map, tierIndex(tier) + TRACK_CRITICAL)
  }

  #intakes(word: number): number {
    const { plan, memory } = this.#parts.foundation
    let total = 0
    for (let ring = 0; ring < plan.needs.rings; ring++)
      total += memory.f64[(placeOf.intakeCounters(plan, ring) >>> 3) + word]
    return total
  }

  #u64(address: number): number {
    const { u32 } = this.#parts.foundation.memory
    return u32[address >>> 2] + u32[(address >>> 2) + 1] * TWO_32
  }
}

/** Refusals are counted by tier and by reason, and not by both: each tier's share is taken to be the same. */
function shareOf(overload: number, refused: readonly number[]): number {
  const all = refused.reduce((sum, count) => sum + count, 0)
  return all === 0 ? 0 : Math.min(1, overload / all)
}

const byTier = (value: (tier: Tier) => number): Record<Tier, number> =>
  Object.fromEntries(TIERS.map((tier) => [tier, value(tier)])) as Record<Tier, number>
