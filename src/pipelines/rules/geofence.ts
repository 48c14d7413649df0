import type { Area, Polygon, Ring } from '../definition/rule-spec.ts'

/** West, south, east, north. */
type Box = readonly [number, number, number, number]

interface BoxedPolygon {
  readonly box: Box
  readonly polygon: Polygon
}

/**
 * Whether positions are within an area (GeoJSON, RFC 7946): by the even–odd rule on straight lines between longitudes and
 * latitudes. The edge belongs to it. Areas over the antimeridian are two polygons, as section 3.1.9 has it.
 */
export class Geofence {
  readonly #polygons: readonly BoxedPolygon[]

  constructor(area: Area) {
    this.#polygons = area.map((polygon) => ({ box: boxOf(polygon[0]), polygon }))
  }

  /** NaN is nowhere. */
  contains(lat: number, lon: number): boolean {
    return this.#polygons.some(({ box, polygon }) => isInBox(box, lat, lon) && isInPolygon(polygon, lat, lon))
  }
}

function boxOf(ring: Ring): Box {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [lon, lat] of ring) {
    west = Math.min(west, lon)
    east = Math.max(east, lon)
    south = Math.min(south, lat)
    north = Math.max(north, lat)
  }
  return [west, south, east, north]
}

const isInBox = ([west, south, east, north]: Box, lat: number, lon: number): boolean =>
  lon >= west && lon <= east && lat >= south && lat <= north

function isInPolygon(polygon: Polygon, lat: number, lon: number): boolean {
  const outer = sideOf(polygon[0], lat, lon)
  if (outer !== 'inside') return outer === 'edge'
  return polygon.slice(1).every((hole) => sideOf(hole, lat, lon) !== 'inside')
}

/** Counts the crossings of a ray to the east. */
function sideOf(ring: Ring, lat: number, lon: number): 'inside' | 'outside' | 'edge' {
  let isInside = false
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [x1, y1] = ring[i]
    const [x2, y2] = ring[j]
    const cross = (lon - x1) * (y2 - y1) - (lat - y1) * (x2 - x1)
    if (cross === 0 && isBetween(lon, x1, x2) && isBetween(lat, y1, y2)) return 'edge'
    if (y1 > lat !== y2 > lat && cross < 0 === y2 - y1 > 0) isInside = !isInside
  }
  return isInside ? 'inside' : 'outside'
}

const isBetween = (x: number, a: number, b: number): boolean => x >= Math.min(a, b) && x <= Math.max(a, b)
