/**
 * Windows of `size` every `every`, and the panes that they share: the longest pieces that no window's bounds cut. The unit
 * is milliseconds of event time, or items of a key.
 */
export class Geometry {
  readonly size: number
  readonly every: number
  readonly offset: number
  /** Length of a pane. */
  readonly pane: number

  constructor(size: number, every: number, offset: number) {
    this.size = size
    this.every = every
    this.offset = offset
    this.pane = greatestCommonDivisor(size, every)
  }

  get panesPerWindow(): number {
    return this.size / this.pane
  }

  paneOf(time: number): number {
    return this.offset + Math.floor((time - this.offset) / this.pane) * this.pane
  }

  /** End of the first window that ends after `time`. */
  endAfter(time: number): number {
    const phase = this.offset + this.size
    return phase + (Math.floor((time - phase) / this.every) + 1) * this.every
  }

  /** End of the last window with the pane in it; not behind its start when the pane is in none. */
  lastEnd(pane: number): number {
    return this.offset + Math.floor((pane - this.offset) / this.every) * this.every + this.size
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
