/**
 * Waits until every reading of some devices that was accepted before is worked off. Nothing is refused or held back: it
 * looks how far rings and lanes had been filled, and waits until router and workers have come so far. Readings of other
 * devices in the same lanes are waited for, too.
 */
import type { Clock } from '../../core/clock.ts'
import { deviceIdOf, seriesKey } from '../../core/ids.ts'
import { observeCursor } from '../../memory/atomics.ts'
import * as L from '../../memory/layout/lanes.layout.ts'
import { RING_ROUTE_CURSOR, RING_WRITE_CURSOR } from '../../memory/layout/ring.layout.ts'
import { placeOf } from '../../memory/memory-plan.ts'
import type { Foundation } from '../foundation.ts'

const LOOK_EVERY_MS = 5

/** A cursor that is to come as far as another was. */
interface Goal {
  readonly address: number
  readonly target: number
}

export class DeviceDrain {
  readonly #foundation: Foundation
  readonly #clock: Clock

  constructor(foundation: Foundation, clock: Clock) {
    this.#foundation = foundation
    this.#clock = clock
  }

  /** False: not within `limitMs`. */
  async drain(devices: readonly string[], limitMs: number): Promise<boolean> {
    const until = this.#clock.nowMs() + limitMs
    return (await this.#reach(this.#rings(), until)) && this.#reach(this.#lanes(devices), until)
  }

  async #reach(goals: Goal[], untilMs: number): Promise<boolean> {
    let left = goals
    for (;;) {
      left = left.filter(({ address, target }) => ((this.#at(address) - target) | 0) < 0)
      if (left.length === 0) return true
      if (this.#clock.nowMs() >= untilMs) return false
      await new Promise<void>((resolve) => this.#clock.after(LOOK_EVERY_MS, resolve))
    }
  }

  #rings(): Goal[] {
    const { plan } = this.#foundation
    return Array.from({ length: plan.needs.rings }, (_, ring) => {
      const control = placeOf.ringControl(plan, ring)
      return { address: control + RING_ROUTE_CURSOR, target: this.#at(control + RING_WRITE_CURSOR) }
    })
  }

  /** Of all tiers: a device's may have changed. */
  #lanes(devices: readonly string[]): Goal[] {
    const { plan, kernels } = this.#foundation
    const shards = new Set(devices.map((name) => kernels.shardOf(seriesKey(deviceIdOf(name), 0))))
    return [...shards].flatMap((shard) =>
      Array.from({ length: L.TRACK_COUNT }, (_, track) => {
        const lane = plan.at.lanes + (((track << L.LANES_PER_TRACK_SHIFT) + shard) << L.LANE_SHIFT)
        return { address: lane + L.LANE_CONSUMED, target: this.#at(lane + L.LANE_PUBLISHED) }
      }),
    )
  }

  #at(address: number): number {
    return observeCursor(this.#foundation.memory.i32, address)
  }
}
