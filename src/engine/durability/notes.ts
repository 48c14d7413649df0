import type { Clock } from '../../core/clock.ts'
import { observeCursor, waitForChange } from '../../memory/atomics.ts'
import { RING_JOURNAL_CURSOR } from '../../memory/layout/ring.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { SpscFrameProducer } from '../../memory/rings/spsc-frame-ring.ts'

export interface NotesParts {
  readonly memory: SharedMemory
  readonly producer: SpscFrameProducer
  /** Control block of the producer's ring. */
  readonly control: number
  readonly clock: Clock
  /** Longest time to wait for room. */
  readonly waitMs: number
  /** Takes the ring from whoever has claimed room in it and not committed yet. */
  readonly giveUpClaim: () => void
  /** Lets go of answered frames. */
  readonly settle: () => void
}

const STEP_MS = 1

/** The main thread's notes to the journal: what must be at its place between frames. */
export class Notes {
  readonly #parts: NotesParts

  constructor(parts: NotesParts) {
    this.#parts = parts
  }

  /** False when there was no room for it all the time that the limits allow. */
  write(kind: number, text: Uint8Array): boolean {
    const { clock, waitMs, memory, control } = this.#parts
    const untilMs = clock.nowMs() + waitMs
    for (;;) {
      if (this.offer(kind, text)) return true
      if (clock.nowMs() >= untilMs) return false
      const cursor = control + RING_JOURNAL_CURSOR
      waitForChange(memory.i32, cursor, observeCursor(memory.i32, cursor), STEP_MS)
    }
  }

  /** The same without waiting. */
  offer(kind: number, text: Uint8Array): boolean {
    const { producer, clock, settle, giveUpClaim } = this.#parts
    giveUpClaim()
    if (producer.note(kind, 0, text, clock.nowMs())) return true
    settle()
    return producer.note(kind, 0, text, clock.nowMs())
  }
}
