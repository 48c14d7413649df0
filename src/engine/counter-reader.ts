import { MALFORMED_CAUSES, REFUSAL_REASONS } from '../core/refusal.ts'
import type { Account } from '../core/stats.ts'
import { TIERS } from '../core/tiers.ts'
import * as I from '../ingest/intake-counters.ts'
import { observeCursor } from '../memory/atomics.ts'
import * as C from '../memory/layout/counters.layout.ts'
import { TRACK_CRITICAL } from '../memory/layout/lanes.layout.ts'
import { RING_ROUTE_CURSOR, RING_WRITE_CURSOR } from '../memory/layout/ring.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import type { Foundation } from './foundation.ts'

const TWO_32 = 0x1_0000_0000

/** All that is counted in shared memory, as of one instant. */
export interface Counted {
  readonly account: Account
  readonly tiers: readonly { accepted: number; processed: number; refused: number; backlog: number }[]
  readonly refusedByReason: Readonly<Record<string, number>>
  readonly malformedByCause: Readonly<Record<string, number>>
  readonly anomalies: number
  readonly series: number
  readonly connections: number
}

/**
 * Reads the counters and counts what rings and lanes hold. Only exact while the agents stand still (see Census). What
 * is in flight is counted where it lies, not as the difference of other counts, so the account can be checked.
 */
export class CounterReader {
  readonly #foundation: Foundation

  constructor(foundation: Foundation) {
    this.#foundation = foundation
  }

  read(): Counted {
    const { plan } = this.#foundation
    const router = plan.at.routerCounters
    const workers = Array.from({ length: plan.needs.workers }, (_, worker) =>
      placeOf.workerCounters(plan, worker),
    )
    const tiers = TIERS.map((_, tier) => ({
      accepted: this.#u64(router + C.ROUTER_ACCEPTED + 8 * tier),
      processed: sum(workers.map((worker) => this.#u64(worker + C.WORKER_PROCESSED + 8 * tier))),
      refused: this.#u64(router + C.ROUTER_REFUSED + 8 * tier),
      backlog: this.#backlog(tier),
    }))
    const refusedByReason = this.#byName(REFUSAL_REASONS, router + C.ROUTER_REASONS, I.INTAKE_REFUSED)
    const malformedByCause = this.#byName(MALFORMED_CAUSES, router + C.ROUTER_CAUSES, I.INTAKE_MALFORMED)
    const inRings = this.#heldByRings()
    const account = {
      received: this.#intakes(I.INTAKE_RECEIVED),
      accepted: sum(tiers.map((tier) => tier.accepted)) + inRings,
      refused: sum(Object.values(refusedByReason)),
      malformed: sum(Object.values(malformedByCause)),
      processed: sum(tiers.map((tier) => tier.processed)),
      inFlight: inRings + sum(tiers.map((tier) => tier.backlog)),
      deadLettered: sum(workers.map((worker) => this.#u64(worker + C.WORKER_DEAD_LETTERED))),
      forwarded: 0,
    }
    const anomalies = this.#u64(router + C.ROUTER_ANOMALIES)
    const series = this.#u64(router + C.ROUTER_SERIES)
    const connections = this.#intakes(I.INTAKE_CONNECTIONS)
    return { account, tiers, refusedByReason, malformedByCause, anomalies, series, connections }
  }

  /** Is nothing left to be processed? */
  isDrained(): boolean {
    const { plan, kernels } = this.#foundation
    if (this.#heldByRings() > 0) return false
    for (let track = 0; track <= TIERS.length; track++)
      if (kernels.countTrack(plan.at.map, track) > 0) return false
    return true
  }

  #backlog(tier: number): number {
    const { plan, kernels } = this.#foundation
    return kernels.countTrack(plan.at.map, tier + TRACK_CRITICAL)
  }

  #heldByRings(): number {
    const { plan, kernels, memory } = this.#foundation
    let readings = 0
    for (let ring = 0; ring < plan.needs.rings; ring++) {
      const control = placeOf.ringControl(plan, ring)
      const from = observeCursor(memory.i32, control + RING_ROUTE_CURSOR)
      const to = observeCursor(memory.i32, control + RING_WRITE_CURSOR)
      readings += kernels.countRing(placeOf.ring(plan, ring), plan.needs.ringBytes - 1, from, to)
    }
    return readings
  }

  #byName(names: readonly string[], routerAddress: number, intakeOffset: number): Record<string, number> {
    const counts = names.map((name, index) => {
      const count = this.#u64(routerAddress + 8 * index) + this.#intakes(intakeOffset + index)
      return [name, count] as const
    })
    return Object.fromEntries(counts.slice(1))
  }

  #intakes(word: number): number {
    const { plan, memory } = this.#foundation
    let total = 0
    for (let ring = 0; ring < plan.needs.rings; ring++)
      total += memory.f64[(placeOf.intakeCounters(plan, ring) >>> 3) + word]
    return total
  }

  #u64(address: number): number {
    const { u32 } = this.#foundation.memory
    return u32[address >>> 2] + u32[(address >>> 2) + 1] * TWO_32
  }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
