/** Where devices may stand: rough boxes on land, in degrees. */
const BOXES = {
  europe: { south: 38, north: 60, west: -8, east: 28 },
  'north-america': { south: 30, north: 50, west: -120, east: -75 },
  'south-america': { south: -35, north: 0, west: -70, east: -45 },
  america: { south: -35, north: 50, west: -120, east: -45 },
  asia: { south: 10, north: 50, west: 70, east: 135 },
  africa: { south: -30, north: 30, west: -5, east: 35 },
  oceania: { south: -40, north: -15, west: 115, east: 153 },
  world: { south: -85, north: 85, west: -180, east: 179 },
} as const

export type RegionName = keyof typeof BOXES

export const REGION_NAMES = Object.keys(BOXES) as RegionName[]

/** Degrees. */
export interface Position {
  readonly lat: number
  readonly lon: number
}

/** A place in the region, `across` and `up` (0 … 1) of the way from west to east and from south to north. */
export function placeIn(region: RegionName, across: number, up: number): Position {
  const { south, north, west, east } = BOXES[region]
  const round = (degrees: number) => Math.round(degrees * 1e5) / 1e5
  return { lat: round(south + (north - south) * up), lon: round(west + (east - west) * across) }
}
