import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { Area, Ring } from '../../../src/pipelines/definition/rule-spec.ts'
import { Geofence } from '../../../src/pipelines/rules/geofence.ts'

type Point = [number, number]

/** A star-shaped ring around a point, on whole numbers, so that positions meet its edges and corners. */
function ringAround([x, y]: Point, reach: number, random: () => number, fewest = 3): Point[] {
  const corners = fewest + Math.floor(random() * 9)
  const points = Array.from({ length: corners }, (_, i): Point => {
    const angle = ((i + random() * 0.8) / corners) * 2 * Math.PI
    const far = reach * (0.4 + 0.6 * random())
    return [Math.round(x + far * Math.cos(angle)), Math.round(y + far * Math.sin(angle))]
  })
  return [...points, points[0]]
}

const isIn = (area: Area, point: Point): boolean =>
  area.some((polygon) =>
    booleanPointInPolygon(point, { type: 'Polygon', coordinates: polygon as unknown as Point[][] }),
  )

describe('Geofence', () => {
  it('says what turf says, of random areas with holes', () => {
    const random = seededRandom(20261121)
    let inside = 0
    for (let round = 0; round < 300; round++) {
      const centre: Point = [Math.floor(random() * 40) - 20, Math.floor(random() * 40) - 20]
      // with so many corners the hole is within
      const outer = ringAround(centre, 20, random, 8)
      const hole = ringAround(centre, 5, random)
      const other = ringAround([centre[0] + 30, centre[1]], 12, random)
      const area: Area = random() < 0.5 ? [[outer]] : [[outer, hole], [other]]
      const fence = new Geofence(area)
      for (let i = 0; i < 100; i++) {
        const isWhole = random() < 0.5
        const [lon, lat] = [centre[0] + random() * 60 - 25, centre[1] + random() * 50 - 25].map((at) =>
          isWhole ? Math.round(at) : at,
        )
        const want = isIn(area, [lon, lat])
        if (want) inside++
        expect(fence.contains(lat, lon), JSON.stringify({ area, lon, lat })).toBe(want)
      }
    }
    expect(inside).toBeGreaterThan(3000)
  })

  it('has its edge in it, that of a hole too, and nothing without a position', () => {
    const square = (from: number, to: number): Ring => [
      [from, from],
      [to, from],
      [to, to],
      [from, to],
      [from, from],
    ]
    const fence = new Geofence([[square(0, 10), square(4, 6)]])
    expect([fence.contains(0, 5), fence.contains(10, 10), fence.contains(4, 5)]).toEqual([true, true, true])
    expect([fence.contains(5, 5), fence.contains(11, 5), fence.contains(NaN, NaN)]).toEqual([
      false,
      false,
      false,
    ])
  })
})
