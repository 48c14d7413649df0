/**
 * Which processing region a position belongs to. A position becomes 16 bits of interleaved geohash (longitude first,
 * as in every geohash; a position on a cell's edge belongs to the cell north or east of it), and a table of 65,536
 * bytes maps those bits to the index of a region. The route kernel doesn't interleave: it reads `grid`, the same table
 * by row × 256 + column. Of overlapping prefixes the longer wins, of equally long ones the later. Index 0 is
 * `unassigned`.
 */
import { MillraceError } from '../core/errors.ts'

export interface RegionDefinition {
  readonly name: string
  /** Geohash prefixes of 1 to 3 characters. */
  readonly geohash: readonly string[]
}

/** What positions outside of all regions, and readings without one, are in. */
export const UNASSIGNED = 'unassigned'
const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'
const CELL_BITS = 16
const MAX_REGIONS = 255

interface Prefix {
  readonly text: string
  readonly region: number
}

export class RegionTable {
  /** Region names by index. */
  readonly names: readonly string[]
  /** Region index by 16-bit geohash. */
  readonly cells = new Uint8Array(1 << CELL_BITS)
  /** Region index by row of cells from the south × 256 + column from the antimeridian: what the kernel reads. */
  readonly grid: Uint8Array
  readonly #indexes: ReadonlyMap<string, number>

  constructor(regions: readonly RegionDefinition[]) {
    checkNames(regions)
    this.names = [UNASSIGNED, ...regions.map((region) => region.name)]
    this.#indexes = new Map(this.names.map((name, index) => [name, index]))
    for (const prefix of prefixesOf(regions)) this.#fill(prefix)
    this.grid = this.cells.map((_, cell) => this.cells[interleave(cell >>> 8, cell & 0xff)])
  }

  /** The index of the region called `name`; undefined if there is none. */
  indexOf(name: string): number | undefined {
    return this.#indexes.get(name)
  }

  /** The index of the region that a position in degrees lies in; 0 if in none, or if it is no position on Earth. */
  regionIndexOf(lat: number, lon: number): number {
    if (!(Math.abs(lat) <= 90 && Math.abs(lon) <= 180)) return 0
    return this.cells[cellOf(lat, lon)]
  }

  #fill({ text, region }: Prefix): void {
    const freeBits = CELL_BITS - 5 * text.length
    let bits = 0
    for (const character of text) bits = (bits << 5) | ALPHABET.indexOf(character)
    this.cells.fill(region, bits << freeBits, (bits + 1) << freeBits)
  }
}

/** The 16-bit geohash of a position in range. */
export function cellOf(lat: number, lon: number): number {
  const column = Math.min(Math.floor(((lon + 180) / 360) * 256), 255)
  const row = Math.min(Math.floor(((lat + 90) / 180) * 256), 255)
  return interleave(row, column)
}

const interleave = (row: number, column: number): number => (spread(column) << 1) | spread(row)

/** Puts bit i of a byte at bit 2i. */
function spread(byte: number): number {
  const nibbles = (byte | (byte << 4)) & 0x0f0f
  const pairs = (nibbles | (nibbles << 2)) & 0x3333
  return (pairs | (pairs << 1)) & 0x5555
}

/** Least specific first, so that the more specific overwrite them; equally specific in the order given. */
function prefixesOf(regions: readonly RegionDefinition[]): Prefix[] {
  const prefixes = regions.flatMap(({ geohash }, index) =>
    geohash.map((text, at) => {
      checkPrefix(text, `regions[${index}].geohash[${at}]`)
      return { text: text.toLowerCase(), region: index + 1 }
    }),
  )
  return prefixes.sort((a, b) => a.text.length - b.text.length)
}

function checkPrefix(text: string, path: string): void {
  const known = [...text.toLowerCase()].every((character) => ALPHABET.includes(character))
  if (known && text.length >= 1 && text.length <= 3) return
  refuse(path, text, `1 to 3 characters of ${ALPHABET}`)
}

function checkNames(regions: readonly RegionDefinition[]): void {
  if (regions.length > MAX_REGIONS) refuse('regions', `${regions.length} regions`, `at most ${MAX_REGIONS}`)
  const seen = new Set([UNASSIGNED])
  regions.forEach(({ name }, index) => {
    const path = `regions[${index}].name`
    if (name === '' || seen.has(name))
      refuse(path, name, `a name that is not empty, not ${UNASSIGNED}, not taken`)
    seen.add(name)
  })
}

function refuse(path: string, value: string, allowed: string): never {
  throw new MillraceError(
    'bad-config',
    `${path}: ${JSON.stringify(value)} is not allowed; allowed: ${allowed}`,
    {
      path,
      value,
      allowed,
    },
  )
}
