/**
 * Counts of whole numbers by size, for quantiles: as in HdrHistogram each octave is cut into the same number of steps, so
 * that a number is known to so many digits whatever its size. Numbers are from 0 to `most`, below 2 ** 32; counts are
 * exact up to 2 ** 53. Room is taken by the first record.
 */
import { assert } from '../core/errors.ts'

/** Steps of an octave as a power of two: more than digits take, as HdrHistogram has it. */
const STEP_BITS = { 2: 7, 3: 10 } as const

export class LogHistogram {
  readonly #stepBits: number
  readonly #most: number
  #counts: Float64Array | undefined
  #count = 0
  #max = 0

  constructor(digits: keyof typeof STEP_BITS, most: number) {
    assert(most < 2 ** 32, 'numbers of 32 bits')
    this.#stepBits = STEP_BITS[digits]
    this.#most = most
  }

  get count(): number {
    return this.#count
  }

  /** The largest number since the last reset. */
  get max(): number {
    return this.#max
  }

  record(value: number, count = 1): void {
    assert(value >= 0 && value <= this.#most, 'a number within the bounds')
    this.#counts ??= new Float64Array(this.#indexOf(this.#most) + 1)
    this.#counts[this.#indexOf(value)] += count
    this.#count += count
    this.#max = Math.max(this.#max, value)
  }

  /** Of a histogram of the same kind. */
  add(other: LogHistogram): void {
    assert(other.#stepBits === this.#stepBits && other.#most === this.#most, 'histograms of one kind')
    const added = other.#counts
    if (added === undefined || other.#count === 0) return
    const counts = (this.#counts ??= new Float64Array(added.length))
    for (let i = 0; i < added.length; i++) counts[i] += added[i]
    this.#count += other.#count
    this.#max = Math.max(this.#max, other.#max)
  }

  reset(): void {
    if (this.#count === 0) return
    this.#counts?.fill(0)
    this.#count = 0
    this.#max = 0
  }

  /** The upper end of the step that `percent` of all numbers don't exceed; 0 of none. */
  percentile(percent: number): number {
    // rounded up, but not for what the division is off by
    const wanted = Math.max(1, Math.ceil((percent / 100) * this.#count * (1 - Number.EPSILON)))
    const counts = this.#counts ?? []
    let seen = 0
    for (let i = 0; i < counts.length; i++) {
      seen += counts[i]
      if (seen >= wanted) return this.#upperEnd(i)
    }
    return 0
  }

  /** The first two octaves have steps of 1. */
  #indexOf(value: number): number {
    const octave = Math.max(0, 31 - Math.clz32(value) - this.#stepBits)
    return (octave << this.#stepBits) + (value >>> octave)
  }

  #upperEnd(index: number): number {
    const octave = Math.max(0, (index >>> this.#stepBits) - 1)
    return (index - (octave << this.#stepBits) + 1) * 2 ** octave - 1
  }
}
