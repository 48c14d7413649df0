import type { Clock } from '../../core/clock.ts'
import { MillraceError } from '../../core/errors.ts'
import { addToWord, observeCursor, waitForChange } from '../../memory/atomics.ts'
import { ClientWindows } from '../../memory/client-windows.ts'
import { CONTROL_CHECKPOINT_ROUND } from '../../memory/layout/control.layout.ts'
import { RING_JOURNAL_CURSOR, RING_WRITE_CURSOR } from '../../memory/layout/ring.layout.ts'
import { SHARD_COUNT } from '../../memory/layout/series.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { CheckpointWriter } from '../../storage/checkpoint/checkpoint-writer.ts'
import type { StreamCapture, StreamShare } from '../pipelines/stream-snapshots.ts'
import { JournalCounters } from '../../storage/journal/journal-counters.ts'
import { EXTRA_STREAMS } from './kept.ts'
import type { Captured, CheckpointFigures, Extras } from './recipes.ts'

export interface RoundParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly clock: Clock
  readonly writer: CheckpointWriter
  readonly streams: StreamCapture
}

/** Shards that are always held by workers, or a journal that doesn't get on: the next checkpoint may do better. */
const CAPTURE_PATIENCE_MS = 60_000
const DURABLE_PATIENCE_MS = 60_000
const STEP_MS = 1
/** Looks at a door that workers are at for microseconds. */
const COMBINED_TRIES = 100_000_000
const KEPT = 2
const FULL = ['ENOSPC', 'EDQUOT']

/** One checkpoint, on its own thread: copies, waits for the journal to be durable that far, publishes. */
export class CheckpointRound {
  readonly #parts: RoundParts
  readonly #counters: JournalCounters
  readonly #clients: ClientWindows
  #beganMs = 0
  /** Every client that sends has given its name in the journal since this record. */
  #namesFrom: number
  #replayFrom = 0
  #combined: Uint8Array = new Uint8Array()
  /** The same of the last two checkpoints: what comes before is not needed. */
  #published: number[] = []

  constructor(parts: RoundParts) {
    const { memory, plan } = parts
    this.#parts = parts
    this.#counters = new JournalCounters(memory, plan.at.control)
    this.#clients = new ClientWindows(memory, plan.at.clients, plan.clientSlots)
    this.#namesFrom = this.#counters.read().durableSequence + 1
    this.#counters.reserve(parts.writer.roomBytes)
  }

  /** Copies every shard, and then what pipelines have put together of all shards. */
  capture(running: readonly StreamShare[]): Captured {
    const { writer, clock } = this.#parts
    this.#beganMs = clock.nowMs()
    // what is durable now lies before every position that is captured from now on
    this.#replayFrom = this.#counters.read().durableSequence + 1
    this.#parts.streams.open(running)
    writer.begin(this.#replayFrom)
    const { memory, plan } = this.#parts
    addToWord(memory.i32, plan.at.control + CONTROL_CHECKPOINT_ROUND, 1)
    let left = Array.from({ length: SHARD_COUNT }, (_, shard) => shard)
    for (let progressMs = this.#beganMs; left.length > 0;) {
      const busy = left.filter((shard) => writer.captureShard(shard) === 'busy')
      if (busy.length < left.length) progressMs = clock.nowMs()
      else if (clock.nowMs() - progressMs > CAPTURE_PATIENCE_MS)
        throw new MillraceError('internal', `shards ${left.join(', ')} could not be copied within a minute`)
      left = busy
    }
    this.#combined = this.#captureCombined()
    return { tickets: writer.tickets, reusable: writer.reusable }
  }

  #captureCombined(): Uint8Array {
    const combined = this.#parts.streams.combined(COMBINED_TRIES)
    if (combined === undefined)
      throw new MillraceError(
        'internal',
        'groups of all shards could not be copied: workers are always at them',
      )
    return combined
  }

  /** Adds what the main thread has, and publishes when nothing in it can be lost any more. */
  complete({ extras, reused }: Extras): CheckpointFigures {
    const { writer, clock } = this.#parts
    const clients = this.#clients.save()
    const cursors = this.#cursors(RING_WRITE_CURSOR)
    const names = Buffer.from(String(this.#namesFrom))
    const { number, bytes, longestPauseMs, longestHoldMs } = writer.seal(
      { ...extras, clients, names, [EXTRA_STREAMS]: this.#combined },
      reused,
    )
    this.#awaitDurable(cursors)
    const { createdMs } = writer.publish()
    this.#counters.reserve(writer.roomBytes)
    this.#published = [this.#namesFrom, ...this.#published].slice(0, KEPT)
    if (this.#published.length === KEPT) this.#counters.retire(Math.min(...this.#published))
    this.#namesFrom = this.#replayFrom
    return { number, bytes, longestPauseMs, longestHoldMs, createdMs, tookMs: clock.nowMs() - this.#beganMs }
  }

  /** Forgets the one that was begun; returns the reason, in words. */
  giveUp(error: unknown): string {
    const { writer } = this.#parts
    writer.abandon()
    const words = error instanceof Error ? error.message : String(error)
    const isFull = error instanceof MillraceError && FULL.includes(String(error.context.code))
    return isFull ? `${words}; ${writer.makeRoom()}` : words
  }

  #cursors(offset: number): number[] {
    const { memory, plan } = this.#parts
    return Array.from({ length: plan.needs.rings }, (_, ring) =>
      observeCursor(memory.i32, placeOf.ringControl(plan, ring) + offset),
    )
  }

  /** Every frame that was in a ring then, and so everything that was routed or noted of a client, is in the journal. */
  #awaitDurable(cursors: readonly number[]): void {
    const { memory, plan, clock } = this.#parts
    const untilMs = clock.nowMs() + DURABLE_PATIENCE_MS
    for (const [ring, cursor] of cursors.entries()) {
      const word = placeOf.ringControl(plan, ring) + RING_JOURNAL_CURSOR
      for (let durable = observeCursor(memory.i32, word); ((durable - cursor) | 0) < 0;) {
        if (clock.nowMs() > untilMs)
          throw new MillraceError('storage-failed', 'the journal has not become durable within a minute')
        waitForChange(memory.i32, word, durable, STEP_MS)
        durable = observeCursor(memory.i32, word)
      }
    }
  }
}
