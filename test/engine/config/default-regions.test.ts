import geohash from 'ngeohash'
import { describe, expect, it } from 'vitest'
import { defaultRegions } from '../../../src/engine/config/default-regions.ts'

const regionOf = (lat: number, lon: number): string | undefined => {
  const hash = geohash.encode(lat, lon, 3)
  return defaultRegions.findLast((region) => region.geohash.some((prefix) => hash.startsWith(prefix)))?.name
}

const cities: [string, number, number, string][] = [
  ['Berlin', 52.52, 13.4, 'europe'],
  ['Reykjavík', 64.15, -21.94, 'europe'],
  ['Lisbon', 38.72, -9.14, 'europe'],
  ['Athens', 37.98, 23.73, 'europe'],
  ['Istanbul', 41.01, 28.98, 'europe'],
  ['Cairo', 30.04, 31.24, 'africa'],
  ['Lagos', 6.52, 3.38, 'africa'],
  ['Mogadishu', 2.05, 45.32, 'africa'],
  ['Cape Town', -33.92, 18.42, 'africa'],
  ['Antananarivo', -18.88, 47.51, 'africa'],
  ['Jerusalem', 31.77, 35.21, 'asia'],
  ['Mumbai', 19.08, 72.88, 'asia'],
  ['Jakarta', -6.21, 106.85, 'asia'],
  ['Tokyo', 35.68, 139.69, 'asia'],
  ['Perth', -31.95, 115.86, 'oceania'],
  ['Sydney', -33.87, 151.21, 'oceania'],
  ['Invercargill', -46.41, 168.35, 'oceania'],
  ['Honolulu', 21.31, -157.86, 'oceania'],
  ['Anchorage', 61.22, -149.9, 'americas'],
  ['New York', 40.71, -74.01, 'americas'],
  ['São Paulo', -23.55, -46.63, 'americas'],
  ['Ushuaia', -54.8, -68.3, 'americas'],
  ['the South Pole', -90, 0, 'antarctica'],
]

describe('defaultRegions', () => {
  it.each(cities)('puts %s where it is', (_, lat, lon, region) => {
    expect(regionOf(lat, lon)).toBe(region)
  })

  it('leaves no place on earth without a region', () => {
    for (let lat = -90; lat <= 90; lat += 2.5) {
      for (let lon = -180; lon < 180; lon += 5) expect(regionOf(lat, lon), `${lat} ${lon}`).toBeDefined()
    }
  })
})
