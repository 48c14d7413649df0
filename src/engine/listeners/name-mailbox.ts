import { addToWord, observeCursor, publishCursor, waitForChange, wakeWaiters } from '../../memory/atomics.ts'

/*
 * Where a listener thread waits for the answer to a question of its own; one question at a time.
 *
 *     0  u32 answered     number of the last question answered   main
 *     4  u32 generation   raised when older answers are void     main
 *     8  f64 id           its answer                             main
 */
const ANSWERED = 0
const GENERATION = 4
const ID = 8
export const MAILBOX_BYTES = 16

/** Both ends of a mailbox. An answer that comes after its question was given up on is never taken for another's. */
export class NameMailbox {
  readonly #i32: Int32Array
  readonly #f64: Float64Array

  constructor(buffer: SharedArrayBuffer) {
    this.#i32 = new Int32Array(buffer)
    this.#f64 = new Float64Array(buffer)
  }

  get generation(): number {
    return observeCursor(this.#i32, GENERATION)
  }

  /** Main thread: what was answered before may be otherwise now. */
  voidAnswers(): void {
    addToWord(this.#i32, GENERATION, 1)
  }

  /** Main thread. */
  answer(number: number, id: number): void {
    this.#f64[ID >>> 3] = id
    publishCursor(this.#i32, ANSWERED, number) // pairs with the look of `await`
    wakeWaiters(this.#i32, ANSWERED)
  }

  /** Listener thread: blocks until the answer is there; undefined after `timeoutMs`. */
  await(number: number, timeoutMs: number, nowMs: () => number): number | undefined {
    const untilMs = nowMs() + timeoutMs
    for (;;) {
      const answered = observeCursor(this.#i32, ANSWERED)
      if (answered === (number | 0)) return this.#f64[ID >>> 3]
      const leftMs = untilMs - nowMs()
      if (leftMs <= 0) return undefined
      waitForChange(this.#i32, ANSWERED, answered, leftMs)
    }
  }
}
