/** Where the devices of a group are: points with weights, each in the region that its position says. */
import { MillraceError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import { RegionTable } from '../../regions/region-table.ts'
import type { GroupOptions, RegionOptions } from '../scenario/fleet-options.ts'

/** So many points stand for the devices around a place. */
const POINTS = 64
const EARTH_KM = 6371
const DEGREES = Math.PI / 180

export interface Point {
  readonly lat: number
  readonly lon: number
  /** Share of the group's devices. */
  readonly share: number
  readonly region: string
}

type Region = Pick<RegionOptions, 'name' | 'geohash' | 'at'>

export function pointsOf(group: GroupOptions, regions: readonly Region[], random: Random): Point[] {
  if (group.places !== undefined) return scattered(group, regions, random)
  const shares = group.regions ?? { [group.region ?? regions[0].name]: 1 }
  return Object.entries(shares).map(([region, share]) => {
    const { lat, lon } = regions.find(({ name }) => name === region)?.at ?? { lat: NaN, lon: NaN }
    return { lat, lon, share, region }
  })
}

function scattered({ name, places = [] }: GroupOptions, regions: readonly Region[], random: Random): Point[] {
  const table = new RegionTable(regions)
  const named = places.reduce((sum, { share }) => sum + (share ?? 0), 0)
  const open = places.filter(({ share }) => share === undefined).length
  return places.flatMap(({ lat, lon, within, share = Math.max(0, 1 - named) / open }) => {
    const count = within === 0 ? 1 : POINTS
    return Array.from({ length: count }, () => {
      const point = within === 0 ? { lat, lon } : around(lat, lon, within * Math.sqrt(random()), random())
      return { ...point, share: share / count, region: regionOf(table, point, name) }
    })
  })
}

function regionOf(table: RegionTable, { lat, lon }: { lat: number; lon: number }, group: string): string {
  const index = table.regionIndexOf(lat, lon)
  if (index > 0) return table.names[index]
  throw new MillraceError(
    'bad-config',
    `fleet: devices of ${group} at ${lat.toFixed(2)}, ${lon.toFixed(2)} are in no region; give its geohash to one`,
  )
}

/** The point so many kilometres away, in a direction from 0 (north) to 1. */
function around(lat: number, lon: number, km: number, direction: number): { lat: number; lon: number } {
  const north = (km / EARTH_KM / DEGREES) * Math.cos(2 * Math.PI * direction)
  const east =
    ((km / EARTH_KM / DEGREES) * Math.sin(2 * Math.PI * direction)) / Math.max(0.01, Math.cos(lat * DEGREES))
  return { lat: Math.min(90, Math.max(-90, lat + north)), lon: ((lon + east + 540) % 360) - 180 }
}

/** Kilometres along the great circle. */
export function distanceKm(a: { lat: number; lon: number }, b: { lat: number; lon: number }): number {
  const half = (degrees: number): number => Math.sin((degrees * DEGREES) / 2) ** 2
  const chord =
    half(b.lat - a.lat) + Math.cos(a.lat * DEGREES) * Math.cos(b.lat * DEGREES) * half(b.lon - a.lon)
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(chord)))
}
