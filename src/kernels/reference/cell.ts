import { MAX_LAT, MAX_LON } from '../../memory/layout/reading.layout.ts'

/**
 * Twin of asm/geohash.ts. The Earth in 256 rows (from the south pole) of 256 columns (from the antimeridian): the cell
 * of a position in range, as row × 256 + column. A cell has its southern and western edges; the last row and column
 * have the pole and the antimeridian as well.
 */
export function cellAt(lat: number, lon: number): number {
  return share(lat, MAX_LAT) * 256 + share(lon, MAX_LON)
}

const share = (degrees: number, limit: number): number =>
  Math.min(255, Math.floor(((degrees + limit) * 256) / (2 * limit)))
