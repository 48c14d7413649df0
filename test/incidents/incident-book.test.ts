import ngeohash from 'ngeohash'
import { describe, expect, it } from 'vitest'
import type { Incident, IncidentChange } from '../../src/core/incident.ts'
import { GeohashGrid } from '../../src/incidents/geohash-grid.ts'
import { Growth } from '../../src/incidents/growth.ts'
import { type Correlation, IncidentBook, type Sighting } from '../../src/incidents/incident-book.ts'

const correlation: Correlation = {
  ...{ name: 'fleet', near: 0, by: [], metrics: [], withinMs: 1000, minMembers: 2, quietMs: 500 },
  ...{ silenceMs: 5000, latenessMs: 0, maxTracked: 100, listedMembers: 3, maxOpen: 2 },
}

function bookOf(over: Partial<Correlation> = {}) {
  const changes: [IncidentChange, Incident][] = []
  const joined: number[] = []
  const book = new IncidentBook({
    correlations: [{ ...correlation, ...over }],
    history: 2,
    names: { device: (id) => `d${id}`, metric: (id) => `m${id}` },
    valueOf: ({ device }) => (device < 100 ? `tenant-${device % 2}` : undefined),
    joined: ({ device }) => joined.push(device),
  })
  book.subscribe((incident, change) => changes.push([change, incident]))
  const take = (device: number, time: number, more: Partial<Sighting> = {}): void =>
    book.take({
      ...{ device, metric: 1, time, score: 8, severity: 'high', region: '', lat: 0, lon: 0 },
      ...more,
    })
  return { book, changes, joined, take }
}

describe('IncidentBook', () => {
  it('ranks where it began by onset, score and severity', () => {
    const { book, take } = bookOf()
    take(1, 0, { score: 7 })
    take(2, 50, { score: -90 })
    take(3, 900, { score: 99 })
    const [{ origins, id }] = book.open()
    expect(origins.map(({ device }) => device)).toEqual(['d2', 'd3', 'd1'])
    expect(origins.reduce((sum, { likelihood }) => sum + likelihood, 0)).toBeCloseTo(1)
    expect(book.find(id)?.listed.map(({ device, onset, peak }) => [device, onset, peak])).toEqual([
      ['d1', 0, 7],
      ['d2', 50, 90],
      ['d3', 900, 99],
    ])
  })

  it('counts all members, lists the first ones, and says how fast they come', () => {
    const { book, take, joined } = bookOf()
    for (let i = 1; i <= 40; i++) take(i, 100 * i)
    const [incident] = book.open()
    expect(incident).toMatchObject({ members: 40, growthPerMinute: 40, isExact: true, startsAt: 100 })
    expect(book.find(incident.id)?.listed).toHaveLength(3)
    expect(joined).toEqual([1, 2])
  })

  it('keeps groups apart, and what has none out', () => {
    const { book, take } = bookOf({ by: ['tenant'] })
    for (const device of [1, 2, 3, 4, 101, 102]) take(device, device)
    expect(book.open().map(({ group, members }) => [group.tenant, members])).toEqual([
      ['tenant-1', 2],
      ['tenant-0', 2],
    ])
    expect(book.stats).toMatchObject({ open: 2, unplaced: 2, tracked: 4 })
  })

  it('has bounds: devices beyond are counted, candidates and the quietest incident give way', () => {
    const { book, changes, take } = bookOf({ near: 3, maxTracked: 5 })
    for (let i = 1; i <= 5; i++) take(i, i, { lat: 10 * i })
    expect(book.stats.tracked).toBe(5)
    for (let i = 11; i <= 15; i++) take(i, i, { lat: -60 }) // the five give way
    expect(book.open()).toMatchObject([{ members: 5, isExact: true }])
    for (let i = 21; i <= 23; i++) take(i, i, { lat: -60 })
    expect(book.open()).toMatchObject([{ members: 5, isExact: false, anomalies: 8 }])
    expect(book.stats).toMatchObject({ untracked: 3, tracked: 5 })
    const others = bookOf({ near: 3 })
    for (let i = 0; i < 6; i++) others.take(i + 1, i, { lat: 20 * Math.floor(i / 2) })
    expect(others.changes.map(([change, { reason }]) => [change, reason])).toEqual([
      ...Array.from({ length: 3 }, () => ['opened', null]),
      ['ended', 'evicted'],
    ])
    expect(changes.map(([change]) => change)).toEqual(['opened'])
  })

  it('tells when two become one: the older stays', () => {
    const { book, changes, take } = bookOf({ near: 4 })
    take(1, 10, { lon: 0.1 })
    take(2, 10, { lon: 0.1 })
    take(3, 20, { lon: 0.9 })
    take(4, 20, { lon: 0.9 })
    const [older, newer] = book.open()
    take(5, 30, { lon: 0.5 })
    expect(changes.at(-1)).toMatchObject(['merged', { id: newer.id, mergedInto: older.id, members: 2 }])
    expect(book.open()).toMatchObject([{ id: older.id, members: 5, merged: [newer.id], startsAt: 10 }])
    expect(book.find(newer.id)?.incident).toMatchObject({ state: 'ended', reason: 'merged' })
  })
})

describe('Growth', () => {
  it('forgets what is a minute old, and remembers the most', () => {
    const growth = new Growth()
    growth.add(1000, 5)
    growth.add(30_000, 2)
    expect([growth.perMinute(59_000), growth.perMinute(61_000), growth.perMinute(1e6)]).toEqual([7, 2, 0])
    growth.add(1e6 + 1)
    expect([growth.perMinute(1e6), growth.peak]).toEqual([1, 7])
  })
})

describe('GeohashGrid', () => {
  it('has the cells and neighbours of geohashes', () => {
    for (const [lat, lon] of [
      [52.52, 13.405],
      [-33.9, 18.4],
      [89.99, -179.99],
      [0.01, 0.01],
      [-0.01, 179.99],
    ] as const) {
      for (const characters of [1, 2, 5, 8]) {
        const grid = new GeohashGrid(characters)
        const cell = grid.cellOf(lat, lon)!
        const text = ngeohash.encode(lat, lon, characters)
        expect(grid.text(cell)).toBe(text)
        if (Math.abs(lat) > 80 || characters < 2) continue
        const around = [text, ...ngeohash.neighbors(text)].sort()
        expect(
          grid
            .around(cell)
            .map((near) => grid.text(near))
            .sort(),
        ).toEqual(around)
      }
    }
    expect(new GeohashGrid(3).cellOf(NaN, 0)).toBeUndefined()
    expect(new GeohashGrid(0).cellOf(NaN, 0)).toBe(0)
  })
})
