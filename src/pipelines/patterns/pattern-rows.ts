/** Readings of a block that a pattern may want: what the fused loop finds out before any key is looked up. */
export interface PatternRows {
  count: number
  /** Rows of the block. */
  readonly row: Int16Array
  readonly keyLow: Uint32Array
  readonly keyHigh: Uint32Array
  /** Bit n: the test of the pattern's n-th condition holds. */
  readonly mask: Int32Array
  /** By derived field: its values. */
  readonly derived: readonly unknown[][]
}

export const emptyPatternRows = (rows: number, derived: number): PatternRows => ({
  ...{ count: 0, row: new Int16Array(rows), mask: new Int32Array(rows) },
  ...{ keyLow: new Uint32Array(rows), keyHigh: new Uint32Array(rows) },
  derived: Array.from({ length: derived }, () => new Array<unknown>(rows)),
})
