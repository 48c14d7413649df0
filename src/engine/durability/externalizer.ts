import { observeCursor } from '../../memory/atomics.ts'
import { RING_JOURNAL_CURSOR, RING_ROUTE_CURSOR } from '../../memory/layout/ring.layout.ts'
import { type MemoryPlan, placeOf } from '../../memory/memory-plan.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import { EMBEDDING_RING } from '../sizing.ts'

/** What was to be done when the route cursors were where `behind` says, and how many of these tasks are done. */
interface Held {
  readonly behind: Int32Array
  readonly tasks: (() => void)[]
  done: number
}

/** When what follows from readings may be seen outside. */
export interface Externalizer {
  /** Runs `task` when the readings routed by now are safe; tasks keep their order. */
  whenSafe(task: () => void): void
  /** Runs what has become safe. `mayGoOn` is asked before each task; false when it ended before the rest was run. */
  release(mayGoOn: () => boolean): boolean
  readonly isHolding: boolean
  /**
   * While a replay feeds the main thread's ring, whose journal cursor stands still meanwhile: what lies before `cursor` is
   * known to be safe. Undefined = the replay is over, and all of it is.
   */
  replayedTo(cursor: number | undefined): void
}

/** Nothing outlives the process, so nothing has to be waited for. */
export const AT_ONCE: Externalizer = {
  whenSafe: (task) => task(),
  release: () => true,
  isHolding: false,
  replayedTo: () => undefined,
}

/** Holds back what follows from readings until the journal is durable beyond them. */
export class AfterDurable implements Externalizer {
  readonly #memory: SharedMemory
  readonly #plan: MemoryPlan
  #held: Held[] = []
  #replayedTo: number | undefined

  constructor(memory: SharedMemory, plan: MemoryPlan) {
    this.#memory = memory
    this.#plan = plan
  }

  whenSafe(task: () => void): void {
    const behind = this.#cursors(RING_ROUTE_CURSOR)
    const last = this.#held.at(-1)
    if (last !== undefined && behind.every((cursor, ring) => cursor === last.behind[ring]))
      last.tasks.push(task)
    else if (last === undefined && this.#isSafe(behind)) task()
    else this.#held.push({ behind, tasks: [task], done: 0 })
  }

  replayedTo(cursor: number | undefined): void {
    this.#replayedTo = cursor
  }

  get isHolding(): boolean {
    return this.#held.length > 0
  }

  release(mayGoOn: () => boolean): boolean {
    let ended = 0
    let isDone = true
    for (const held of this.#held) {
      if (!this.#isSafe(held.behind)) break
      isDone = goOn(held, mayGoOn)
      if (!isDone) break
      ended++
    }
    this.#held.splice(0, ended)
    return isDone
  }

  #isSafe(behind: Int32Array): boolean {
    return behind.every((cursor, ring) => {
      return ((this.#safeTo(ring) - cursor) | 0) >= 0
    })
  }

  #safeTo(ring: number): number {
    if (ring === EMBEDDING_RING && this.#replayedTo !== undefined) return this.#replayedTo
    return observeCursor(this.#memory.i32, placeOf.ringControl(this.#plan, ring) + RING_JOURNAL_CURSOR)
  }

  #cursors(offset: number): Int32Array {
    return Int32Array.from({ length: this.#plan.needs.rings }, (_, ring) =>
      observeCursor(this.#memory.i32, placeOf.ringControl(this.#plan, ring) + offset),
    )
  }
}

/** False when it ended before the last of them. */
function goOn(held: Held, mayGoOn: () => boolean): boolean {
  while (held.done < held.tasks.length) {
    if (!mayGoOn()) return false
    held.tasks[held.done++]()
  }
  return true
}
