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

/** The same rows where nobody else writes. */
export const copyRows = ({ count, keyLow, keyHigh, keyText, time, inputs, row }: KeyedRows): KeyedRows => ({
  count,
  ...{ keyLow: keyLow.slice(0, count), keyHigh: keyHigh.slice(0, count), keyText: keyText.slice(0, count) },
  ...{ time: time.slice(0, count), inputs: inputs.map((column) => column.slice(0, count)) },
  row: row.slice(0, count),
})
