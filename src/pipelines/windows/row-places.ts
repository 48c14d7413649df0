import type { KeyedRows } from '../runtime/keyed-rows.ts'

/** Where the rows at hand belong: columns beside those of KeyedRows, used again for the next ones. */
export class RowPlaces {
  isWanted = new Uint8Array(0)
  /** Start of the pane. */
  start = new Float64Array(0)
  /** The key's row in its table. */
  row = new Int32Array(0)
  /** The accumulators. */
  at = new Int32Array(0)

  startOn({ count }: KeyedRows): void {
    if (count <= this.at.length) return
    const length = Math.max(256, 2 * count)
    this.isWanted = new Uint8Array(length)
    this.start = new Float64Array(length)
    this.row = new Int32Array(length)
    this.at = new Int32Array(length)
  }
}
