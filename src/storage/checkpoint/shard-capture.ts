import type { Clock } from '../../core/clock.ts'
import type { Kernels } from '../../kernels/kernels.ts'
import { AgentHold } from '../../memory/agents/agent-hold.ts'
import type { Signals } from '../../memory/agents/signals.ts'
import { observeCursor } from '../../memory/atomics.ts'
import { type CapturePlaces, openCapture } from '../../memory/capture-area.ts'
import * as K from '../../memory/layout/capture.layout.ts'
import { CONTROL_EGRESS_TICKET } from '../../memory/layout/control.layout.ts'
import * as L from '../../memory/layout/lanes.layout.ts'
import { RING_ROUTE_POSITION } from '../../memory/layout/ring.layout.ts'
import { ROW_BYTES, WINDOW_ROW_BYTES } from '../../memory/layout/series.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { ShardClaim } from './shard-claim.ts'
import { WaitingEntries } from './waiting-entries.ts'

export interface CaptureParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly kernels: Kernels
  readonly signals: Signals
  readonly clock: Clock
  /** How long to try for a shard that workers hold, or a router that doesn't come to rest. */
  readonly patienceMs: number
}

/** A shard at one instant. The bytes are valid until the next capture. */
export interface CapturedShard {
  readonly shard: number
  /** Of each ring: readings up to there are in the rows, and in the windows or among those waiting. */
  readonly positions: readonly number[]
  readonly series: number
  /** Readings in lanes. */
  readonly waiting: number
  /** What has changed since the hashes: a table of chunks, their rows and windows. */
  readonly chunks: number
  readonly rowCount: number
  readonly table: Uint8Array
  readonly rows: Uint8Array
  readonly windows: Uint8Array
  readonly state: Uint8Array
  readonly lanes: Uint8Array
  /** The first message of a worker that says nothing of what is captured. */
  readonly ticket: number
  /** For how long no worker could work at the shard, and for how long the router stood still. */
  readonly pausedMs: number
  readonly heldMs: number
}

/**
 * Copies a shard while it is worked. Rows and windows are copied first, as they change; the workers log the slots of
 * what they work at meanwhile, and whatever the router has changed since is either in that log or still in a lane. Then,
 * under the shard's claim, these slots are copied again, and the last few of them while the router stands still: that is
 * the instant which the copy is of.
 */
export class ShardCapture {
  readonly #parts: CaptureParts
  readonly #places: CapturePlaces
  readonly #claim: ShardClaim
  readonly #router: AgentHold
  readonly #waiting: WaitingEntries
  readonly #state: Uint8Array

  constructor(parts: CaptureParts) {
    const { memory, plan, signals, clock } = parts
    this.#parts = parts
    this.#places = openCapture(memory, plan)
    this.#claim = new ShardClaim(memory, plan, signals, clock)
    this.#router = new AgentHold(memory, placeOf.routerAgent(plan))
    this.#waiting = new WaitingEntries(memory, plan)
    this.#state = new Uint8Array(plan.needs.shardStateBytes)
  }

  /** Of the hashes of a shard's chunks. */
  get hashBytes(): number {
    return 8 * this.#places.chunks
  }

  /**
   * Copies the shard and takes out what is not as `hashes` say (all of it without them); writes what the hashes are now
   * to `newHashes`. Undefined when the shard or the router could not be had.
   */
  take(shard: number, hashes: Uint8Array | undefined, newHashes: Uint8Array): CapturedShard | undefined {
    const instant = this.#copy(shard)
    if (instant === undefined) return undefined
    const { kernels, plan, memory } = this.#parts
    const { hashes: at, table, rows, windows } = this.#places
    const known = memory.bytes.subarray(at, at + this.hashBytes)
    if (hashes === undefined) known.fill(0)
    else known.set(hashes)
    const chunks = kernels.packChunks(plan.at.capture, hashes === undefined ? 1 : 0)
    newHashes.set(known)
    const rowCount = memory.u32[(plan.at.capture + K.CAPTURE_PACKED) >>> 2]
    const part = (address: number, bytes: number) => memory.bytes.subarray(address, address + bytes)
    return {
      ...{ shard, chunks, rowCount, ...instant },
      series: memory.u32[(plan.at.capture + K.CAPTURE_SERIES) >>> 2],
      table: part(table, chunks * K.CHUNK_ENTRY_BYTES),
      rows: part(rows, rowCount * ROW_BYTES),
      windows: part(windows, rowCount * WINDOW_ROW_BYTES),
      state: this.#state,
    }
  }

  /** Lets go of what a capture held whose thread has died; for the thread that survives it. */
  releaseAbandoned(): void {
    this.#router.release()
    this.#claim.releaseAbandoned()
  }

  #copy(shard: number) {
    const { kernels, plan, patienceMs } = this.#parts
    if (!this.#claim.take(shard, patienceMs)) return undefined
    const seen = this.#beginLog(shard)
    this.#claim.release(shard)
    kernels.copyShard(plan.at.map, plan.at.capture, shard)
    this.#waiting.prepare(shard)
    if (!this.#claim.take(shard, patienceMs)) {
      this.#claim.setLog(shard, 0)
      return undefined
    }
    try {
      return this.#copyInstant(shard, seen)
    } finally {
      this.#claim.setLog(shard, 0)
      this.#claim.release(shard)
    }
  }

  /** Returns, for each track, what was visible before anything was copied. */
  #beginLog(shard: number): number[] {
    const { memory } = this.#parts
    const { log, chunks } = this.#places
    memory.bytes.fill(0, log, log + 8 * chunks)
    this.#claim.setLog(shard, log)
    return this.#published(shard)
  }

  /** Under the claim: what was copied is brought to one instant, which is that of the hold. */
  #copyInstant(shard: number, seen: number[]) {
    const { clock, memory, plan, patienceMs } = this.#parts
    const begin = clock.nowMs()
    this.#copyAgain(shard, seen)
    let heldMs = 0
    let positions: number[] = []
    const held = this.#router.tryHold(patienceMs, () => {
      const heldFrom = clock.nowMs()
      this.#copyAgain(shard, seen)
      positions = this.#positions()
      heldMs = clock.nowMs() - heldFrom
    })
    if (!held) return undefined
    const state = plan.at.shardState + shard * plan.needs.shardStateBytes
    this.#state.set(memory.bytes.subarray(state, state + plan.needs.shardStateBytes))
    const lanes = this.#waiting.copy(shard, seen)
    const ticket = observeCursor(memory.i32, plan.at.control + CONTROL_EGRESS_TICKET)
    return {
      positions,
      lanes,
      ticket,
      waiting: this.#waiting.readings,
      pausedMs: clock.nowMs() - begin,
      heldMs,
    }
  }

  /** Copies what has been logged, and what waits in lanes behind the positions `seen`, which it moves to where it got. */
  #copyAgain(shard: number, seen: number[]): void {
    const { kernels, plan } = this.#parts
    const { map, capture } = plan.at
    for (let track = L.TRACK_CRITICAL; track < L.TRACK_COUNT; track++)
      seen[track] = kernels.logWaiting(map, capture, track, shard, seen[track]) >>> 0
    seen[L.TRACK_EVENTS] = this.#published(shard)[L.TRACK_EVENTS]
    kernels.copyLogged(map, capture, shard)
  }

  #published(shard: number): number[] {
    const { memory, plan } = this.#parts
    return Array.from({ length: L.TRACK_COUNT }, (_, track) => {
      const lane = plan.at.lanes + ((track << L.LANES_PER_TRACK_SHIFT) | shard) * L.LANE_BYTES
      return observeCursor(memory.i32, lane + L.LANE_PUBLISHED) >>> 0 // pairs with publishLane
    })
  }

  #positions(): number[] {
    const { memory, plan } = this.#parts
    return Array.from(
      { length: plan.needs.rings },
      (_, ring) => memory.f64[(placeOf.ringControl(plan, ring) + RING_ROUTE_POSITION) >>> 3],
    )
  }
}
