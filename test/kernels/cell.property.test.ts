import fc from 'fast-check'
import ngeohash from 'ngeohash'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Kernels } from '../../src/kernels/kernels.ts'
import { cellAt } from '../../src/kernels/reference/cell.ts'
import { shardOf } from '../../src/kernels/reference/hash.ts'
import { MAX_LAT, MAX_LON } from '../../src/memory/layout/reading.layout.ts'
import { RegionTable } from '../../src/regions/region-table.ts'
import { KernelRig } from './kernel-rig.ts'

const LAT_STEP = (2 * MAX_LAT) / 256
const LON_STEP = (2 * MAX_LON) / 256

const latitude = fc.integer({ min: -MAX_LAT, max: MAX_LAT })
const longitude = fc.integer({ min: -MAX_LON, max: MAX_LON })

/** ngeohash's 16 bits, longitude first, as row × 256 + column. */
function ngeohashCell(lat: number, lon: number): number {
  const bits = ngeohash.encode_int(lat / 1e7, lon / 1e7, 16)
  let [row, column] = [0, 0]
  for (let bit = 7; bit >= 0; bit--) {
    column = (column << 1) | ((bits >>> (2 * bit + 1)) & 1)
    row = (row << 1) | ((bits >>> (2 * bit)) & 1)
  }
  return row * 256 + column
}

/** ngeohash gives a cell's southern and western edges to its neighbours. */
const onEdge = (lat: number, lon: number): boolean => lat % LAT_STEP === 0 || lon % LON_STEP === 0

describe('cellAt', () => {
  let kernels: Kernels
  beforeAll(async () => {
    ;({ kernels } = await KernelRig.open())
  })

  it('agrees with its twin and, off the edges, with ngeohash', () => {
    fc.assert(
      fc.property(latitude, longitude, (lat, lon) => {
        expect(kernels.cellAt(lat, lon)).toBe(cellAt(lat, lon))
        if (!onEdge(lat, lon)) expect(kernels.cellAt(lat, lon)).toBe(ngeohashCell(lat, lon))
      }),
      { numRuns: 3000 },
    )
  })

  it.each([
    ['the south pole at the antimeridian', -90, -180, 0],
    ['the north pole at the antimeridian from the west', 90, 180, 65_535],
    ['the north pole at the antimeridian from the east', 90, -180, 255 * 256],
    ['the south pole at the antimeridian from the west', -90, 180, 255],
    ['zero', 0, 0, 128 * 256 + 128],
    ['minus zero', -0, -0, 128 * 256 + 128],
    ['just south and west of zero', -1e-7, -1e-7, 127 * 256 + 127],
  ])('puts %s into the right cell', (_, lat, lon, cell) => {
    const position = [lat * 1e7, lon * 1e7] as const
    expect([kernels.cellAt(...position), cellAt(...position)]).toEqual([cell, cell])
  })

  it('agrees with its twin and the region table on both sides of every edge', () => {
    const names = [...'0123456789bcdefghjkmnpqrstuvwxyz']
    const prefixes = names.flatMap((a) => names.map((b) => a + b)).slice(0, 1000)
    const regions = Array.from({ length: 250 }, (_, i) => ({
      name: `r${i}`,
      geohash: prefixes.filter((_, at) => at % 250 === i),
    }))
    const table = new RegionTable(regions)
    for (let index = 0; index <= 256; index++) {
      for (const off of [-1, 0, 1]) {
        const lat = clamp(index * LAT_STEP - MAX_LAT + off, MAX_LAT)
        const lon = clamp(((index * 37) % 257) * LON_STEP - MAX_LON + off, MAX_LON)
        const cell = kernels.cellAt(lat, lon)
        expect(cell).toBe(cellAt(lat, lon))
        expect(table.grid[cell], `${lat}, ${lon}`).toBe(table.regionIndexOf(lat / 1e7, lon / 1e7))
      }
    }
  })

  it('finds the region that the registry finds', () => {
    const table = new RegionTable([
      { name: 'a', geohash: ['u', 'g', '9q'] },
      { name: 'b', geohash: ['u3', 'gc', '9q8', 'z'] },
      { name: 'c', geohash: ['u33', '0', 'e', '7'] },
    ])
    fc.assert(
      fc.property(latitude, longitude, (lat, lon) => {
        expect(table.grid[kernels.cellAt(lat, lon)]).toBe(table.regionIndexOf(lat / 1e7, lon / 1e7))
      }),
      { numRuns: 2000 },
    )
  })
})

describe('shardOf', () => {
  it('agrees with its twin', async () => {
    const { kernels } = await KernelRig.open()
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (key) => {
        expect(kernels.shardOf(key)).toBe(shardOf(key))
      }),
    )
  })
})

const clamp = (value: number, limit: number): number => Math.min(limit, Math.max(-limit, value))
