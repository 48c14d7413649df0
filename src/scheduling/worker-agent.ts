import type { Agent } from '../core/agent.ts'
import type { Clock } from '../core/clock.ts'
import type { LaneProcessor } from '../core/lane-processor.ts'
import type { AgentGate } from '../memory/agents/agent-gate.ts'
import type { Economies } from '../memory/economies.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import { DeficitRoundRobin } from './deficit-round-robin.ts'
import type { LaneDoor } from './lane-door.ts'

const FIRST_ROUTINE_TRACK = L.TRACK_CRITICAL + 1
const PREMIUM_TRACK = FIRST_ROUTINE_TRACK
/** Readings between two looks at the gate: about a tenth of a millisecond of work. */
const MAX_BUDGET = 2048
const ROUND_READINGS = 8192
/** Between two looks for shards that pipelines have not been at for a while. */
const LOOK_MS = 25

export interface WorkerParts {
  readonly door: LaneDoor
  readonly gate: AgentGate
  readonly processor: LaneProcessor
  readonly economies: Pick<Economies, 'sliceReadings'>
  readonly clock: Clock
  /** Shares of premium, standard and bulk. */
  readonly shares: readonly number[]
}

/**
 * Drains lanes: anomaly events first, then critical readings, then the other tiers by deficit round robin. Between
 * slices it gives way to urgent work; where a slice stands is in its lane, so nothing needs to be put aside.
 */
export class WorkerAgent implements Agent {
  readonly name = 'worker'
  readonly #parts: WorkerParts
  readonly #turns: DeficitRoundRobin
  #nextLookMs = 0

  constructor(parts: WorkerParts) {
    this.#parts = parts
    this.#turns = new DeficitRoundRobin(parts.shares, ROUND_READINGS)
  }

  /** Is there anything for this worker? */
  hasWork(): boolean {
    for (let track = 0; track <= this.#lastTrack(); track++) if (this.#parts.door.isReady(track)) return true
    return false
  }

  /** Serves one turn of one track; returns the entries done. */
  doWork(limit = MAX_BUDGET): number {
    const { door, gate } = this.#parts
    gate.enter()
    gate.beat()
    const urgent = this.#serveUrgent(limit)
    if (urgent > 0) return urgent
    this.#lookAfterShards()
    const lastIndex = this.#lastTrack() - FIRST_ROUTINE_TRACK
    const turn = this.#turns.next((index) => index <= lastIndex && door.isReady(FIRST_ROUTINE_TRACK + index))
    if (turn === undefined) return 0
    const track = FIRST_ROUTINE_TRACK + turn.index
    const done = this.#serve(track, Math.min(turn.budget, limit))
    this.#turns.spend(turn.index, done, done === 0 || !door.isReady(track))
    return done
  }

  /** What pipelines hold back is shown first: whoever works next may have other pipelines. */
  close(): void {
    const { gate, processor } = this.#parts
    gate.enter()
    processor.end()
    for (let shard = 0; shard < SHARD_COUNT; shard++) if (processor.isDue(shard)) this.#lookAfter(shard)
    gate.leave()
  }

  /** Pipelines are told that time goes on, shard by shard, by whichever worker comes by. */
  #lookAfterShards(): void {
    const { clock, processor } = this.#parts
    const nowMs = clock.nowMs()
    if (nowMs < this.#nextLookMs) return
    this.#nextLookMs = nowMs + LOOK_MS
    for (let shard = 0; shard < SHARD_COUNT; shard++) if (processor.isDue(shard)) this.#lookAfter(shard)
  }

  #lookAfter(shard: number): void {
    const { door, gate, processor } = this.#parts
    if (!door.claimShard(shard)) return
    gate.beat()
    gate.enterUserCode(0, 0)
    processor.look(shard)
    processor.flush()
    gate.leaveUserCode()
    door.release(L.TRACK_EVENTS, shard)
  }

  #serveUrgent(limit: number): number {
    const { door } = this.#parts
    const events = door.isReady(L.TRACK_EVENTS) ? this.#visit(L.TRACK_EVENTS, limit) : 0
    if (events > 0) return events
    return door.isReady(L.TRACK_CRITICAL) ? this.#serve(L.TRACK_CRITICAL, limit) : 0
  }

  #serve(track: number, budget: number): number {
    const { door, processor, clock } = this.#parts
    return processor.seesReadings ? this.#visit(track, budget) : door.drain(track, budget, clock.nowMs())
  }

  /** Claims a shard and works through its lane, slice by slice. */
  #visit(track: number, budget: number): number {
    const { door } = this.#parts
    const shard = door.claim(track)
    if (shard < 0) return 0
    let done = 0
    while (done < budget) {
      const lane = door.laneToWork(track, shard)
      if (lane === 0) break
      const slice = this.#workSlice(lane)
      if (slice === 0) break
      done += slice
      if (track >= FIRST_ROUTINE_TRACK && door.isUrgentReady()) break
    }
    door.release(track, shard)
    return done
  }

  /** Returns the entries that were tried: all done, or, after a failure, to be tried again. */
  #workSlice(lane: number): number {
    const { door, gate, clock, economies } = this.#parts
    const isEvent = door.trackOf(lane) === L.TRACK_EVENTS
    // events come one by one: what user code has seen of them it doesn't see again because of a later one
    const count = door.open(lane, isEvent ? 1 : economies.sliceReadings)
    if (count === 0) return 0
    const address = door.entryAddress(lane)
    if (isEvent) this.#reportEvent(lane, address)
    gate.beat()
    gate.enterUserCode(lane, count)
    const failure = this.#runUserCode(lane, address, count, isEvent)
    gate.leaveUserCode()
    if (failure === undefined) door.close(lane, count, clock.nowMs())
    else if (count > 1) door.suspect(lane, count)
    else this.#giveUp(lane, address, isEvent, failure.error)
    return count
  }

  #reportEvent(lane: number, address: number): void {
    const { door, processor } = this.#parts
    if (door.isReported(lane)) return
    processor.reportEvent(address)
    door.noteReported(lane)
  }

  #runUserCode(
    lane: number,
    address: number,
    count: number,
    isEvent: boolean,
  ): { error: unknown } | undefined {
    const { processor } = this.#parts
    try {
      if (isEvent) processor.event(lane, address)
      else processor.readings(lane, address, count)
      processor.flush()
      return undefined
    } catch (error) {
      return { error }
    }
  }

  #giveUp(lane: number, address: number, isEvent: boolean, error: unknown): void {
    this.#parts.processor.deadLetter(lane, address, isEvent, error)
    this.#parts.door.skip(lane)
  }

  #lastTrack(): number {
    return this.#parts.gate.isReserved ? PREMIUM_TRACK : L.TRACK_COUNT - 1
  }
}
