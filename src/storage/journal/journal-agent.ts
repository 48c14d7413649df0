import type { Agent } from '../../core/agent.ts'
import type { Clock } from '../../core/clock.ts'
import { CONTROL_EPOCH_OFFSET } from '../../memory/layout/control.layout.ts'
import { READING_BYTES } from '../../memory/layout/reading.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { JournalCounters } from './journal-counters.ts'
import type { Journal } from './journal.ts'
import { checkpointBytes } from './checkpoint-bytes.ts'
import { RingTail } from './ring-tail.ts'
import { STORAGE_THRESHOLDS, type StorageThresholds } from './storage-policy.ts'
import { publishStorageState, type StorageState } from './storage-state.ts'
import { StorageWatch } from './storage-watch.ts'

/** How often room on the medium is looked at, and whether there is something to retire. */
const LOOK_MS = 200
/** How often what found no room is tried again. */
const SHORTAGE_MS = 1000
/** Of zeros, between two commits at least. */
const PORTION_BYTES = 1 << 20

export interface JournalAgentOptions {
  /** Commits follow each other at this distance, unless … */
  readonly everyMs: number
  /** … so many bytes wait. */
  readonly everyBytes: number
  readonly segmentBytes: number
}

export interface JournalAgentParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly clock: Clock
  readonly journal: Journal
  readonly options: JournalAgentOptions
  readonly thresholds?: StorageThresholds
  /** Journal cursors have moved: frames may be answered, and what waited for them told. */
  readonly onDurable: () => void
  readonly onState: (state: StorageState) => void
}

/**
 * Writes to the journal what the router has passed, in group commits. It looks at ring 0, which holds the changes of the
 * registry, last, and writes it first: no frame is in the journal before the change it depends on.
 */
export class JournalAgent implements Agent {
  readonly name = 'journal'
  readonly #parts: JournalAgentParts
  readonly #rings: readonly RingTail[]
  readonly #counters: JournalCounters
  readonly #watch: StorageWatch
  #committedAtMs = -Infinity
  #lookedAtMs = -Infinity
  #collectedMs = 0
  /** What was routed before is durable. */
  #coveredMs: number
  #maintainAtMs = 0
  #freeBytes = Infinity
  #bytes = 0
  #records = 0

  constructor(parts: JournalAgentParts) {
    const { memory, plan, clock, journal, thresholds, onState } = parts
    this.#parts = parts
    this.#coveredMs = clock.nowMs()
    this.#rings = Array.from(
      { length: plan.needs.rings },
      (_, ring) =>
        new RingTail(memory, placeOf.ringControl(plan, ring), placeOf.ring(plan, ring), plan.needs.ringBytes),
    )
    this.#counters = new JournalCounters(memory, plan.at.control)
    this.#counters.setDurable(journal.durableSequence)
    this.#watch = new StorageWatch(clock, thresholds ?? STORAGE_THRESHOLDS, (state) => {
      publishStorageState(memory, plan, state)
      onState(state)
    })
  }

  get state(): StorageState {
    return this.#watch.state
  }

  /** Whether frames wait to be made durable. */
  hasWork(): boolean {
    return this.#parts.journal.hasPending || this.#waitingBytes() > 0
  }

  /** When `doWork` has something to do, if nothing is routed meanwhile; monotonic. */
  nextDueMs(): number {
    const commitMs = this.hasWork() ? this.#commitDueMs() : Infinity
    return Math.min(commitMs, this.#maintainAtMs, this.#lookedAtMs + LOOK_MS)
  }

  /** Commits when that is due; returns how many readings' worth of bytes became durable. */
  doWork(limit: number): number {
    const nowMs = this.#parts.clock.nowMs()
    const waiting = this.#waitingBytes()
    if (waiting === 0 && !this.#parts.journal.hasPending) this.#coveredMs = nowMs
    const isDue = nowMs >= this.#commitDueMs() || this.#isMuch(waiting)
    const done = isDue && this.hasWork() ? this.#commit(limit * READING_BYTES, nowMs) : 0
    if (nowMs >= this.#maintainAtMs) this.#maintain(done)
    if (nowMs >= this.#lookedAtMs + LOOK_MS) this.#lookForRoom(nowMs)
    else if (done > 0) this.#decide()
    return Math.ceil(done / READING_BYTES)
  }

  /** Commits what the router has passed, if that is possible, and closes the journal. */
  close(): void {
    while (this.hasWork() && this.#commit(Infinity, this.#parts.clock.nowMs()) > 0);
    this.#parts.journal.close()
  }

  #commitDueMs(): number {
    return Math.max(this.#committedAtMs + this.#parts.options.everyMs, this.#watch.retryAtMs)
  }

  #isMuch(waiting: number): boolean {
    return waiting >= this.#parts.options.everyBytes && this.#watch.retryAtMs === 0
  }

  /** Looks at ring 0 last: it is published first by the router. */
  #waitingBytes(): number {
    let bytes = 0
    for (let ring = this.#rings.length - 1; ring >= 0; ring--) bytes += this.#rings[ring].observe()
    return bytes
  }

  /** Returns the bytes that became durable. After a failure the same records are tried again, and nothing else. */
  #commit(maxBytes: number, nowMs: number): number {
    const { journal, clock, onDurable } = this.#parts
    if (!journal.hasPending) {
      this.#collect(maxBytes)
      this.#collectedMs = nowMs
    }
    this.#committedAtMs = nowMs
    try {
      journal.commit()
    } catch (error) {
      this.#watch.noteFailure(error)
      this.#counters.countFailure()
      this.#decide()
      return 0
    }
    this.#watch.noteSuccess()
    this.#coveredMs = this.#collectedMs
    if (this.#records > 0) this.#counters.countCommit(this.#records, this.#bytes, clock.nowMs() - nowMs)
    // before the cursors: whoever sees a ring's end has seen the number of a record that is safe
    this.#counters.setDurable(journal.durableSequence)
    for (const ring of this.#rings) ring.publish()
    this.#maintainAtMs = Math.min(this.#maintainAtMs, nowMs)
    onDurable()
    return Math.max(this.#bytes, 1)
  }

  #collect(maxBytes: number): void {
    const { journal, memory, plan } = this.#parts
    // the router's own, so that a replay gives readings the times that they had
    const offsetMs = memory.f64[(plan.at.control + CONTROL_EPOCH_OFFSET) >>> 3]
    this.#bytes = 0
    this.#records = 0
    for (const [ring, tail] of this.#rings.entries()) {
      // all of ring 0, because the others may depend on any of it
      tail.cut(ring === 0 ? Infinity : maxBytes, (position, slice) => {
        journal.append(ring, position, offsetMs, slice)
        this.#bytes += slice.length
        this.#records++
      })
    }
  }

  /** One step of work ahead or behind, as much as goes with what was committed. */
  #maintain(committedBytes: number): void {
    const { journal, clock } = this.#parts
    const nowMs = clock.nowMs()
    try {
      journal.retire(this.#counters.retireBefore)
      const isDone = journal.maintain(Math.max(PORTION_BYTES, 2 * committedBytes))
      this.#watch.noteShortage(undefined)
      this.#maintainAtMs = isDone ? nowMs + LOOK_MS : nowMs
    } catch (error) {
      this.#watch.noteShortage(error)
      this.#maintainAtMs = nowMs + SHORTAGE_MS
    }
  }

  #lookForRoom(nowMs: number): void {
    const { journal, memory, plan } = this.#parts
    this.#lookedAtMs = nowMs
    try {
      journal.reserve(Math.max(this.#counters.reservedBytes, checkpointBytes(memory, plan)))
      this.#freeBytes = journal.freeBytes()
    } catch (error) {
      this.#watch.noteShortage(error)
    }
    this.#decide()
  }

  #decide(): void {
    const { journal, options, clock } = this.#parts
    // where no more can be had although the medium says it is there (a quota, a limit), only what is held counts
    const roomBytes = journal.heldRoomBytes + (this.#watch.isShort ? 0 : this.#freeBytes)
    this.#counters.setRoom(roomBytes)
    // until the next commit everything waits, and that is no distress
    const lateMs = this.hasWork() ? clock.nowMs() - this.#coveredMs - options.everyMs : 0
    this.#watch.decide({ lag: Math.max(0, lateMs) / 1000, roomSegments: roomBytes / options.segmentBytes })
  }
}
