/**
 * The Earth in the cells of geohashes of one length: rows from the south pole, columns from the antimeridian. A cell has its
 * southern and western edges. A cell is a number, row × columns + column; the ones around it go on behind the
 * antimeridian, but not behind a pole.
 */
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'

/** Cells of 9 characters are 5 m wide, and their number still fits in a double. */
export const MAX_CELL_CHARACTERS = 9

export class GeohashGrid {
  readonly #characters: number
  readonly #rows: number
  readonly #columns: number

  /** 0 characters: the Earth is one cell, and whoever gives no position is in it, too. */
  constructor(characters: number) {
    this.#characters = characters
    this.#rows = 2 ** Math.floor((5 * characters) / 2)
    this.#columns = 2 ** Math.ceil((5 * characters) / 2)
  }

  get hasPlaces(): boolean {
    return this.#characters > 0
  }

  /** Undefined if it is no position on Earth. */
  cellOf(lat: number, lon: number): number | undefined {
    if (!this.hasPlaces) return 0
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return undefined
    const row = Math.min(Math.floor(((lat + 90) / 180) * this.#rows), this.#rows - 1)
    const column = Math.min(Math.floor(((lon + 180) / 360) * this.#columns), this.#columns - 1)
    return row * this.#columns + column
  }

  /** The cell and those at most `ring` rows and columns away, each once. */
  around(cell: number, ring = 1): number[] {
    const row = Math.floor(cell / this.#columns)
    const column = cell % this.#columns
    const columns = new Set<number>()
    for (let x = column - ring; x <= column + ring; x++)
      columns.add(((x % this.#columns) + this.#columns) % this.#columns)
    const cells: number[] = []
    for (let y = Math.max(0, row - ring); y <= Math.min(this.#rows - 1, row + ring); y++)
      for (const x of columns) cells.push(y * this.#columns + x)
    return cells
  }

  /** Its geohash. */
  text(cell: number): string {
    let row = Math.floor(cell / this.#columns)
    let column = cell % this.#columns
    let text = ''
    // from the last bit on: with an odd number of bits the last one is of the longitude
    let isLongitude = (5 * this.#characters) % 2 === 1
    for (let i = 0; i < this.#characters; i++) {
      let digit = 0
      for (let bit = 0; bit < 5; bit++, isLongitude = !isLongitude) {
        const from = isLongitude ? column : row
        digit |= (from % 2) << bit
        if (isLongitude) column = Math.floor(column / 2)
        else row = Math.floor(row / 2)
      }
      text = ALPHABET[digit] + text
    }
    return text
  }
}
