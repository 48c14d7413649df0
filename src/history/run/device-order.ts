import * as B from '../scan/share-blocks.ts'

/** Where each row of some blocks goes: to its place in the input, or behind the rows of its device that came before. */
export class DeviceOrder {
  /** By row in the order of the input. */
  readonly places: Uint16Array
  /** By row: its device, counted in the order of first appearance among these rows. */
  readonly #locals: Uint16Array
  /** By such a device: its rows; then where its next one goes. */
  readonly #next: Uint16Array
  /** By device of the reading thread: where it was met last, and as which one. */
  #met = new Int32Array(0)
  #localOf = new Uint16Array(0)
  #round = 0

  constructor(rows: number) {
    this.places = new Uint16Array(rows)
    this.#locals = new Uint16Array(rows)
    this.#next = new Uint16Array(rows)
  }

  begin(devices: number): this {
    this.#round++
    if (devices <= this.#met.length) return this
    this.#met = new Int32Array(2 * devices)
    this.#localOf = new Uint16Array(2 * devices)
    return this
  }

  /** Returns how many rows there are. */
  asTheyAre({ heads }: B.Blocks, group: readonly number[]): number {
    const rows = group.reduce((sum, block) => sum + (heads[block] >>> B.HEAD_ROWS_SHIFT), 0)
    for (let row = 0; row < rows; row++) this.places[row] = row
    return rows
  }

  /** The same; devices come in the order of their first rows. */
  byDevice(blocks: B.Blocks, group: readonly number[]): number {
    const rows = this.#count(blocks, group)
    const { places } = this
    const locals = this.#locals
    const next = this.#next
    let sum = 0
    for (let local = 0; sum < rows; local++) {
      const count = next[local]
      next[local] = sum
      sum += count
    }
    for (let row = 0; row < rows; row++) places[row] = next[locals[row]]++
    return rows
  }

  #count({ records, heads }: B.Blocks, group: readonly number[]): number {
    const u32 = new Uint32Array(records)
    const met = this.#met
    const localOf = this.#localOf
    const locals = this.#locals
    const next = this.#next
    const round = this.#round
    let [row, count] = [0, 0]
    for (const block of group) {
      const from = 2 * block * B.BLOCK_DOUBLES + B.DEVICE_WORD
      const to = from + 2 * B.ROW_DOUBLES * (heads[block] >>> B.HEAD_ROWS_SHIFT)
      for (let at = from; at < to; at += 2 * B.ROW_DOUBLES) {
        const device = u32[at]
        if (met[device] !== round) {
          met[device] = round
          localOf[device] = count
          next[count++] = 0
        }
        const local = localOf[device]
        next[local]++
        locals[row++] = local
      }
    }
    return row
  }
}
