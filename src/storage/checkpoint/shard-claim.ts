import type { Clock } from '../../core/clock.ts'
import { claimWord, observeCursor, publishCursor, waitForChange } from '../../memory/atomics.ts'
import type { Signals } from '../../memory/agents/signals.ts'
import { CLAIM_LOG, CLAIMED_FOR_CAPTURE } from '../../memory/layout/capture.layout.ts'
import * as L from '../../memory/layout/lanes.layout.ts'
import type { MemoryPlan } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'

/** Looks at a claim word in a row: a worker that is always at it lets go only for about a microsecond at a time. */
const EAGER_LOOKS = 10_000
const REST_MS = 0.1

/**
 * The checkpoint's hold on a shard: a claim like a worker's, only that nothing is worked. Ready bits are left as they
 * are; workers that found the shard claimed are called when it is free again.
 */
export class ShardClaim {
  readonly #i32: Int32Array
  readonly #plan: MemoryPlan
  readonly #signals: Signals
  readonly #clock: Clock

  constructor(memory: SharedMemory, plan: MemoryPlan, signals: Signals, clock: Clock) {
    this.#i32 = memory.i32
    this.#plan = plan
    this.#signals = signals
    this.#clock = clock
  }

  /** False when workers have held the shard for all of `patienceMs`; 0 = for some looks in a row. */
  take(shard: number, patienceMs: number): boolean {
    const word = this.#word(shard)
    const until = this.#clock.nowMs() + patienceMs
    while (!this.#takeEagerly(word)) {
      if (this.#clock.nowMs() >= until) return false
      waitForChange(this.#i32, word, observeCursor(this.#i32, word), REST_MS)
    }
    return true
  }

  #takeEagerly(word: number): boolean {
    for (let look = 0; look < EAGER_LOOKS; look++)
      if (observeCursor(this.#i32, word) === 0 && claimWord(this.#i32, word, 0, CLAIMED_FOR_CAPTURE))
        return true
    return false
  }

  release(shard: number): void {
    publishCursor(this.#i32, this.#word(shard), 0) // pairs with the workers' claim
    if (this.#isReady(shard)) this.#signals.wakeWorkers()
  }

  /** From now on, whoever claims the shard notes in `log` which windows it changes; 0 = no longer. */
  setLog(shard: number, log: number): void {
    publishCursor(this.#i32, this.#word(shard) + CLAIM_LOG, log)
  }

  /** What a checkpoint that died has left behind. */
  releaseAbandoned(): void {
    for (let shard = 0; shard < 1 << L.LANES_PER_TRACK_SHIFT; shard++) {
      this.setLog(shard, 0)
      if (observeCursor(this.#i32, this.#word(shard)) === CLAIMED_FOR_CAPTURE) this.release(shard)
    }
  }

  #word(shard: number): number {
    return this.#plan.at.claims + shard * L.CLAIM_STRIDE
  }

  #isReady(shard: number): boolean {
    for (let track = 0; track < L.TRACK_COUNT; track++) {
      const word = this.#plan.at.ready + track * L.READY_STRIDE + 4 * (shard >>> 5)
      if ((observeCursor(this.#i32, word) >>> (shard & 31)) & 1) return true
    }
    return false
  }
}
