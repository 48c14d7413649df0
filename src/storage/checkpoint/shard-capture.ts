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
import { rest } from './rest.ts'
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
  /** What else there is of a shard, copied at the same instant. */
  readonly others?: (shard: number) => Uint8Array
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
  /** Of user code, and behind it that of others. */
  readonly state: Uint8Array
  readonly lanes: Uint8Array
  /** The first message of a worker that says nothing of what is captured. */
  readonly ticket: number
  /** The longest that no worker could work at the shard, and for how long the router stood still. */
  readonly pausedMs: number
  readonly heldMs: number
}

/** What of a shard is of one instant, besides the rows. */
type Instant = Pick<
  CapturedShard,
  'positions' | 'state' | 'lanes' | 'ticket' | 'waiting' | 'heldMs' | 'pausedMs'
>

const NOTHING = new Uint8Array()

/** Rows that are copied again under one claim, and how few are left when the router is to stand still. */
const PASS_ROWS = 512
const FEW_ROWS = 256
const ALL_ROWS = 0xffffffff
/** The last one takes as long as it takes. */
const MOST_PASSES = 32
/**
 * Before each claim. The copying has used up its turn on the processor, and would lose it under the claim to whoever waits
 * for one; a thread that has slept begins a new turn.
 */
const REST_MS = 0.5
/** How long a router that is in the middle of something is waited for. */
const HOLD_PATIENCE_MS = 1

/**
 * Copies a shard while it is worked. Rows and windows are copied first, as they change; the workers log the slots of
 * what they work at meanwhile, and whatever the router has changed since is either in that log or still in a lane. Then,
 * under the shard's claim, these slots are copied again, some at a time, with the claim let go in between, until there
 * are few; and the last of them while the router stands still, too: that is the instant which the copy is of.
 */
export class ShardCapture {
  readonly #parts: CaptureParts
  readonly #places: CapturePlaces
  readonly #claim: ShardClaim
  readonly #router: AgentHold
  readonly #waiting: WaitingEntries

  constructor(parts: CaptureParts) {
    const { memory, plan, signals, clock } = parts
    this.#parts = parts
    this.#places = openCapture(memory, plan)
    this.#claim = new ShardClaim(memory, plan, signals, clock)
    this.#router = new AgentHold(memory, placeOf.routerAgent(plan))
    this.#waiting = new WaitingEntries(memory, plan)
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
    }
  }

  /** Lets go of what a capture held whose thread has died; for the thread that survives it. */
  releaseAbandoned(): void {
    this.#router.release()
    this.#claim.releaseAbandoned()
  }

  #copy(shard: number): Instant | undefined {
    const { kernels, memory, plan, patienceMs } = this.#parts
    const { log, chunks } = this.#places
    memory.bytes.fill(0, log, log + 8 * chunks)
    if (!this.#claim.take(shard, patienceMs)) return undefined
    this.#claim.setLog(shard, log)
    const seen = this.#published(shard) // before anything is copied
    this.#claim.release(shard)
    kernels.copyShard(plan.at.map, plan.at.capture, shard)
    const instant = this.#atOneInstant(shard, seen)
    this.#claim.setLog(shard, 0)
    return instant
  }

  /** Brings what was copied to one instant: copies again what has changed, and when that is little, for the last time. */
  #atOneInstant(shard: number, seen: number[]): Instant | undefined {
    const { clock, patienceMs } = this.#parts
    let pausedMs = 0
    let rows = Infinity
    for (let pass = 1; pass <= MOST_PASSES; pass++) {
      const isLast = pass === MOST_PASSES
      this.#waiting.prepare(shard)
      rest(REST_MS)
      if (rows <= FEW_ROWS || isLast) {
        const instant = this.#tryInstant(shard, seen, isLast ? patienceMs : 0)
        if (instant !== undefined) return { ...instant, pausedMs: Math.max(pausedMs, instant.pausedMs) }
        rows = Infinity // there are more by now
      } else {
        if (!this.#claim.take(shard, patienceMs)) return undefined
        const begin = clock.nowMs()
        rows = this.#copyAgain(shard, seen, PASS_ROWS)
        this.#claim.release(shard)
        pausedMs = Math.max(pausedMs, clock.nowMs() - begin)
      }
    }
    return undefined
  }

  /**
   * The instant is when the router stands still and no worker is at the shard. The router is waited for first: a thread
   * that waits is off its processor, and under the claim it would keep the shard's workers waiting until it has one again.
   * Undefined when the router doesn't come to rest, or a worker stays at the shard.
   */
  #tryInstant(shard: number, seen: number[], patienceMs: number): Instant | undefined {
    const { clock } = this.#parts
    let positions: number[] | undefined
    let begin = 0
    let heldMs = 0
    this.#router.tryHold(Math.max(HOLD_PATIENCE_MS, patienceMs), () => {
      const heldFrom = clock.nowMs()
      if (this.#claim.take(shard, patienceMs)) {
        begin = clock.nowMs()
        this.#copyAgain(shard, seen, ALL_ROWS)
        positions = this.#positions()
      }
      heldMs = clock.nowMs() - heldFrom
    })
    if (positions === undefined) return undefined
    const others = this.#restOf(shard, seen)
    return { ...others, positions, heldMs, pausedMs: clock.nowMs() - begin }
  }

  /** What else is of the instant, while no worker is at the shard; then lets go of it. */
  #restOf(shard: number, seen: readonly number[]) {
    const { memory, plan } = this.#parts
    try {
      const state = this.#stateOf(shard)
      const lanes = this.#waiting.copy(shard, seen)
      const ticket = observeCursor(memory.i32, plan.at.control + CONTROL_EGRESS_TICKET)
      return { state, lanes, ticket, waiting: this.#waiting.readings }
    } finally {
      this.#claim.setLog(shard, 0)
      this.#claim.release(shard)
    }
  }

  #stateOf(shard: number): Uint8Array {
    const { memory, plan, others } = this.#parts
    const { shardStateBytes: bytes } = plan.needs
    const at = plan.at.shardState + shard * bytes
    const more = others?.(shard) ?? NOTHING
    const state = new Uint8Array(bytes + more.length)
    state.set(memory.bytes.subarray(at, at + bytes))
    state.set(more, bytes)
    return state
  }

  /**
   * Copies what has been logged, and what waits in lanes behind the positions `seen`, which it moves to where it got;
   * returns how many rows.
   */
  #copyAgain(shard: number, seen: number[], limit: number): number {
    const { kernels, plan } = this.#parts
    const { map, capture } = plan.at
    for (let track = L.TRACK_CRITICAL; track < L.TRACK_COUNT; track++)
      seen[track] = kernels.logWaiting(map, capture, track, shard, seen[track]) >>> 0
    seen[L.TRACK_EVENTS] = this.#published(shard)[L.TRACK_EVENTS]
    return kernels.copyLogged(map, capture, shard, limit) >>> 0
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
