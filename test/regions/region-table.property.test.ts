import fc from 'fast-check'
import ngeohash from 'ngeohash'
import { describe, expect, it } from 'vitest'
import { cellOf, RegionTable } from '../../src/regions/region-table.ts'

const ALPHABET = '0123456789bcdefghjkmnpqrstuvwxyz'

/** ngeohash puts a position on a cell's edge into the lower cell, the usual geohash into the upper one. */
const onEdge = (lat: number, lon: number): boolean =>
  Number.isInteger(((lat + 90) / 180) * 256) || Number.isInteger(((lon + 180) / 360) * 256)

/** Degrees as the wire has them, in steps of 1e-7. */
const degrees = (limit: number) =>
  fc.integer({ min: -limit * 1e7, max: limit * 1e7 }).map((units) => units / 1e7)
const latitude = degrees(90)
const longitude = degrees(180)
const prefix = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 1, maxLength: 3 })
const regions = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1 }).map((name) => `r${name}`),
    geohash: fc.array(prefix, { maxLength: 12 }),
  }),
  { selector: (region) => region.name, maxLength: 8 },
)

describe('cellOf', () => {
  it('agrees with ngeohash everywhere but on the edges of cells', () => {
    fc.assert(
      fc.property(latitude, longitude, (lat, lon) => {
        fc.pre(!onEdge(lat, lon))
        expect(cellOf(lat, lon)).toBe(ngeohash.encode_int(lat, lon, 16))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('RegionTable', () => {
  it('finds the region of the longest matching prefix, the later of equally long ones', () => {
    fc.assert(
      fc.property(regions, latitude, longitude, (definitions, lat, lon) => {
        fc.pre(!onEdge(lat, lon))
        const hash = ngeohash.encode(lat, lon, 3)
        let expected = { length: 0, index: 0 }
        definitions.forEach(({ geohash }, index) => {
          for (const text of geohash) {
            if (hash.startsWith(text) && text.length >= expected.length) {
              expected = { length: text.length, index: index + 1 }
            }
          }
        })
        expect(new RegionTable(definitions).regionIndexOf(lat, lon)).toBe(expected.index)
      }),
      { numRuns: 500 },
    )
  })

  it('finds the region of any position inside the box that ngeohash gives for its prefix', () => {
    fc.assert(
      fc.property(
        prefix,
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        fc.double({ min: 0.01, max: 0.99, noNaN: true }),
        (text, up, right) => {
          const table = new RegionTable([{ name: 'here', geohash: [text] }])
          const [south, west, north, east] = ngeohash.decode_bbox(text)
          expect(table.regionIndexOf(south + up * (north - south), west + right * (east - west))).toBe(1)
        },
      ),
    )
  })
})
