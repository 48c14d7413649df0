import type { Agent } from '../core/agent.ts'
import type { Clock } from '../core/clock.ts'
import type { Kernels } from '../kernels/kernels.ts'
import type { AgentGate } from '../memory/agents/agent-gate.ts'
import type { Doorbell, Signals } from '../memory/agents/signals.ts'
import { observeCursor, publishCursor, wakeWaiters } from '../memory/atomics.ts'
import { CONTROL_EPOCH_OFFSET } from '../memory/layout/control.layout.ts'
import { RING_ROUTE_CURSOR, RING_ROUTE_POSITION, RING_WRITE_CURSOR } from '../memory/layout/ring.layout.ts'
import { type MemoryPlan, placeOf } from '../memory/memory-plan.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'

/** Wall-clock time may be adjusted; receive times follow it when it has moved by this much. */
const EPOCH_TOLERANCE_MS = 5

interface RingPosition {
  readonly control: number
  readonly data: number
  cursor: number
  /** Where the cursor was when it was published last, and that counted from the start of the process. */
  shown: number
  position: number
}

/** What the router works with. */
export interface RouterParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly kernels: Kernels
  readonly gate: AgentGate
  readonly signals: Signals
  readonly doorbell: Doorbell
  readonly clock: Clock
}

/**
 * Takes frames from the ingest rings, runs the route kernel over them and makes the result visible: lanes first, then
 * the cursor that gives the frame's room (and its answer) back to the producer.
 */
export class RouterAgent implements Agent {
  readonly name = 'router'
  readonly #parts: RouterParts
  readonly #rings: RingPosition[]
  readonly #ringMask: number
  #epochOffsetMs = 0

  constructor(parts: RouterParts) {
    const { plan, memory } = parts
    this.#parts = parts
    this.#ringMask = plan.needs.ringBytes - 1
    this.#rings = Array.from({ length: plan.needs.rings }, (_, ring) => {
      const control = placeOf.ringControl(plan, ring)
      const cursor = observeCursor(memory.i32, control + RING_ROUTE_CURSOR)
      const position = memory.f64[(control + RING_ROUTE_POSITION) >>> 3]
      return { control, data: placeOf.ring(plan, ring), cursor, shown: cursor, position }
    })
  }

  hasWork(): boolean {
    return this.#rings.some((ring) => this.#written(ring) !== ring.cursor)
  }

  /** Routes up to about `limit` readings from each ring; returns how many became visible to workers, at least 1 if any frame was. */
  doWork(limit: number): number {
    const { gate, clock } = this.#parts
    gate.enter()
    gate.beat()
    this.#followWallClock(clock)
    let routed = false
    // ring 0 last and shown first: a change of the registry is never behind a frame that came after it
    for (let i = this.#rings.length - 1; i >= 0; i--)
      if (this.#routeRing(this.#rings[i], limit)) routed = true
    return routed ? this.#show() : 0
  }

  close(): void {
    this.#parts.gate.leave()
  }

  #routeRing(ring: RingPosition, limit: number): boolean {
    const { plan, kernels } = this.#parts
    const { map, scratch } = plan.at
    const written = this.#written(ring)
    if (written === ring.cursor) return false
    const { control, data } = ring
    const mask = this.#ringMask
    ring.cursor = kernels.route(
      map,
      scratch,
      control,
      data,
      mask,
      ring.cursor,
      written,
      limit,
      this.#epochOffsetMs,
    )
    return true
  }

  #show(): number {
    const { memory, plan, kernels, clock, signals, doorbell } = this.#parts
    const shown = kernels.publish(plan.at.map, plan.at.scratch, clock.nowMs())
    for (const ring of this.#rings) {
      const { control, cursor } = ring
      ring.position += (cursor - ring.shown) >>> 0
      ring.shown = cursor
      memory.f64[(control + RING_ROUTE_POSITION) >>> 3] = ring.position
      publishCursor(memory.i32, control + RING_ROUTE_CURSOR, cursor) // pairs with the producer's look for room
      wakeWaiters(memory.i32, control + RING_ROUTE_CURSOR)
    }
    signals.wakeWorkers()
    if (plan.needs.isDurable) signals.wakeJournal()
    else doorbell.ringForAnswers()
    return Math.max(shown, 1)
  }

  #written(ring: RingPosition): number {
    return observeCursor(this.#parts.memory.i32, ring.control + RING_WRITE_CURSOR) // pairs with the producer's commit
  }

  #followWallClock(clock: Clock): void {
    const offset = clock.epochMs() - clock.nowMs()
    if (Math.abs(offset - this.#epochOffsetMs) <= EPOCH_TOLERANCE_MS) return
    const { memory, plan } = this.#parts
    this.#epochOffsetMs = offset
    memory.f64[(plan.at.control + CONTROL_EPOCH_OFFSET) >>> 3] = offset
  }
}
