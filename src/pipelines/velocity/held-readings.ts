import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import { columnsAt, copyRow, rowsAsNumbers, rowsFromNumbers } from './column-rows.ts'
import * as V from './velocity.layout.ts'

/**
 * Readings of a shard's fast devices that the lane is done with and the pipeline has not been shown yet, in the order in
 * which they came. In shared memory: whoever has the shard next shows them.
 */
export class HeldReadings {
  readonly #u32: Uint32Array
  readonly #f64: Float64Array
  readonly #block: ReadingBlock
  #staged = 0
  #isStagingSlow = false
  #earliest = Infinity

  constructor(buffer: SharedArrayBuffer, at: number) {
    this.#u32 = new Uint32Array(buffer, at, V.PACES / 4)
    this.#f64 = new Float64Array(buffer, at, V.PACES / 8)
    this.#block = columnsAt(buffer, at + V.COLUMNS)
  }

  get count(): number {
    return this.#u32[V.HELD_COUNT / 4]
  }

  /** The shard's watermark may not pass this: Infinity when nothing is held. */
  get earliest(): number {
    return this.count === 0 ? Infinity : this.#f64[V.HELD_EARLIEST / 8]
  }

  /** Some are of devices that are not fast, and were held all the same. */
  get hasSlow(): boolean {
    return this.count > 0 && this.#u32[V.HELD_SLOW / 4] !== 0
  }

  /** Some are of this device. */
  has(device: number): boolean {
    const { device: devices } = this.#block
    for (let i = this.count - 1; i >= 0; i--) if (devices[i] === device) return true
    return false
  }

  heldMs(nowMs: number): number {
    return this.count === 0 ? 0 : nowMs - this.#f64[V.HELD_SINCE / 8]
  }

  /**
   * Takes the rows that are to be held out of the block; they are not held before `keep`, so that a slice that fails is as if
   * it had not been. There must be room for them.
   */
  stage(block: ReadingBlock, isHeld: Uint8Array, hasSlow: boolean): number {
    const { count } = this
    let slow = 0
    this.#staged = 0
    this.#isStagingSlow = hasSlow
    this.#earliest = this.earliest
    for (let i = 0; i < block.count; i++) {
      if (isHeld[i] !== 0) {
        if (block.time[i] < this.#earliest) this.#earliest = block.time[i]
        copyRow(block, i, this.#block, count + this.#staged++)
      } else {
        if (slow !== i) copyRow(block, i, block, slow)
        slow++
      }
    }
    block.count = slow
    return this.#staged
  }

  /** The slice of the last `stage` has failed, or it is over. */
  forgetStaged(): void {
    this.#staged = 0
  }

  /** What was staged last is held. */
  keep(nowMs: number): void {
    if (this.#staged === 0) return
    if (this.count === 0) {
      this.#f64[V.HELD_SINCE / 8] = nowMs
      this.#u32[V.HELD_SLOW / 4] = 0
    }
    if (this.#isStagingSlow) this.#u32[V.HELD_SLOW / 4] = 1
    this.#f64[V.HELD_EARLIEST / 8] = this.#earliest
    this.#u32[V.HELD_COUNT / 4] += this.#staged
    this.#staged = 0
  }

  /** Those that have waited longest; fewer where a failure is suspected. */
  next(): ReadingBlock {
    const limit = this.#u32[V.HELD_LIMIT / 4]
    this.#block.count = limit === 0 ? this.count : Math.min(limit, this.count)
    return this.#block
  }

  /** The first `shown` are no longer held. */
  drop(shown: number): void {
    const { count } = this
    for (let i = shown; i < count; i++) copyRow(this.#block, i, this.#block, i - shown)
    this.#u32[V.HELD_COUNT / 4] = count - shown
    this.#f64[V.HELD_EARLIEST / 8] = this.#block.time.subarray(0, count - shown).reduce(least, Infinity)
  }

  /** Showing so many failed: the next time half of them. */
  suspect(shown: number): void {
    this.#u32[V.HELD_LIMIT / 4] = Math.max(1, shown >>> 1)
  }

  /** Showing them went well: where a failure was suspected, the next time twice as many. */
  trust(): void {
    const limit = 2 * this.#u32[V.HELD_LIMIT / 4]
    this.#u32[V.HELD_LIMIT / 4] = limit >= BLOCK_ROWS ? 0 : limit
  }

  /** For a checkpoint. */
  capture(): Float64Array {
    return rowsAsNumbers(this.#block, this.count)
  }

  restore(rows: Float64Array, nowMs: number): void {
    this.#staged = rowsFromNumbers(rows, this.#block)
    // the policy may be another one now
    this.#isStagingSlow = true
    this.#earliest = this.#block.time.subarray(0, this.#staged).reduce(least, Infinity)
    this.keep(nowMs)
  }
}

const least = (a: number, b: number): number => Math.min(a, b)
