import { describe, expect, it } from 'vitest'
import { cellOf, RegionTable } from '../../src/regions/region-table.ts'

describe('RegionTable', () => {
  const table = new RegionTable([
    { name: 'eu', geohash: ['u', 'g'] },
    { name: 'berlin', geohash: ['u33'] },
    { name: 'us', geohash: ['9', 'd'] },
  ])

  it('names its regions by index, the first being unassigned', () => {
    expect(table.names).toEqual(['unassigned', 'eu', 'berlin', 'us'])
    expect(table.indexOf('us')).toBe(3)
    expect(table.indexOf('moon')).toBeUndefined()
  })

  it('lets the more specific prefix win whatever the order', () => {
    expect(table.regionIndexOf(52.52, 13.405)).toBe(2)
    expect(table.regionIndexOf(48.85, 2.35)).toBe(1)
    const reversed = new RegionTable([
      { name: 'berlin', geohash: ['u33'] },
      { name: 'eu', geohash: ['u'] },
    ])
    expect(reversed.regionIndexOf(52.52, 13.405)).toBe(1)
  })

  it('lets the later of two equal prefixes win', () => {
    const twice = new RegionTable([
      { name: 'a', geohash: ['u'] },
      { name: 'b', geohash: ['u'] },
    ])
    expect(twice.regionIndexOf(52, 13)).toBe(2)
  })

  it('reads prefixes in capitals', () => {
    expect(new RegionTable([{ name: 'eu', geohash: ['U3'] }]).regionIndexOf(52.52, 13.405)).toBe(1)
  })

  it.each([
    ['unmapped sea', 0, -140],
    ['latitude past the pole', 90.001, 13],
    ['longitude past the antimeridian', 52, 180.001],
    ['NaN', NaN, 13],
    ['infinity', 52, Infinity],
  ])('leaves %s unassigned', (_name, lat, lon) => {
    expect(table.regionIndexOf(lat, lon)).toBe(0)
  })

  it.each([
    [90, 180, 0xffff],
    [-90, -180, 0],
    [90, -180, 0x5555],
    [-90, 180, 0xaaaa],
    [0, 0, 0xc000],
    [-0, -0, 0xc000],
    [-1e-9, -1e-9, 0x3fff],
  ])('puts the corner %d, %d into cell %d', (lat, lon, cell) => {
    expect(cellOf(lat, lon)).toBe(cell)
  })

  it.each([
    [[{ name: 'x', geohash: ['u', 'a1'] }], 'regions[0].geohash[1]: "a1"'],
    [[{ name: 'x', geohash: ['u33d'] }], 'regions[0].geohash[0]: "u33d"'],
    [[{ name: 'x', geohash: [''] }], 'regions[0].geohash[0]: ""'],
    [[{ name: '', geohash: [] }], 'regions[0].name: ""'],
    [[{ name: 'unassigned', geohash: [] }], 'regions[0].name: "unassigned"'],
    [
      [
        { name: 'x', geohash: [] },
        { name: 'x', geohash: [] },
      ],
      'regions[1].name: "x"',
    ],
    [Array.from({ length: 256 }, (_, i) => ({ name: `r${i}`, geohash: [] })), 'at most 255'],
  ])('refuses a definition that makes no sense: %#', (definitions, message) => {
    expect(() => new RegionTable(definitions)).toThrow(message)
  })
})
