/** What a window takes in: rows with their group, time and the numbers that its aggregates are over. */
export interface KeyedRows {
  count: number
  readonly keyLow: Uint32Array
  readonly keyHigh: Uint32Array
  /** The key's parts where the number doesn't tell them (JSON text); asked for when a group is new. */
  readonly keyText: (string | undefined)[]
  readonly time: Float64Array
  /** One column for each input of the aggregates; NaN = none. */
  readonly inputs: readonly Float64Array[]
  /** Rows of the block that they came from; −1 = from an item. */
  readonly row: Int16Array
}
