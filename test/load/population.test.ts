import { describe, expect, it } from 'vitest'
import { mixedRandom } from '../../src/load/chance.ts'
import { mixedSenders, Population, tieredSenders } from '../../src/load/population.ts'
import { zipf } from '../../src/load/zipf.ts'

const tiers = [
  { name: 'premium', share: 0.2 },
  { name: 'standard', share: 0.7 },
  { name: 'bulk', share: 0.1 },
] as const

const population = (devices: number, seed = 1) =>
  new Population({
    devices,
    prefix: 'd',
    tiers,
    regions: [
      { name: 'europe', share: 0.6 },
      { name: 'america', share: 0.4 },
    ],
    seed,
  })

const share = (count: number, test: (device: number) => boolean) =>
  Array.from({ length: count }, (_, device) => device).filter(test).length / count

describe('Population', () => {
  it('has the mix of tiers and regions that was asked for, independent of each other', () => {
    const people = population(10_000)
    const isBulk = (device: number) => people.tierOf(device) === 'bulk'
    const inEurope = (device: number) => people.positionOf(device)!.lon > -10
    expect(share(10_000, isBulk)).toBeCloseTo(0.1, 2)
    expect(share(10_000, inEurope)).toBeCloseTo(0.6, 2)
    expect(share(10_000, (device) => isBulk(device) && inEurope(device))).toBeCloseTo(0.06, 2)
  })

  it('is the same for the same seed and another for another', () => {
    const describeAll = (seed: number) =>
      Array.from({ length: 50 }, (_, i) => [
        population(50, seed).tierOf(i),
        population(50, seed).positionOf(i),
        population(50, seed).meanOf(i),
      ])
    expect(describeAll(1)).toEqual(describeAll(1))
    expect(describeAll(1)).not.toEqual(describeAll(2))
  })
})

describe('senders', () => {
  it('give each device to exactly one connection', () => {
    for (const senders of [mixedSenders(population(1003), 7), tieredSenders(population(1003), tiers, 7)]) {
      const all = senders.flatMap(({ devices }) => [...devices]).sort((a, b) => a - b)
      expect(all).toEqual(Array.from({ length: 1003 }, (_, i) => i))
      expect(senders.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(1)
    }
  })

  it('have one tier per connection if asked for, frames by share and not by number of connections', () => {
    const people = population(1000)
    const senders = tieredSenders(people, tiers, 4)
    expect(senders).toHaveLength(4)
    for (const { tier, devices } of senders) {
      for (const device of devices) expect(people.tierOf(device)).toBe(tier)
    }
    const weightOf = (name: string) =>
      senders.reduce((sum, { tier, weight }) => sum + (tier === name ? weight : 0), 0)
    expect(weightOf('premium')).toBeCloseTo(0.2)
    expect(weightOf('standard')).toBeCloseTo(0.7)
    expect(weightOf('bulk')).toBeCloseTo(0.1)
  })
})

describe('zipf', () => {
  it.each([0.5, 1, 1.5])('draws ranks by their weight, exponent %d', (exponent) => {
    const count = 100
    const draws = 200_000
    const next = zipf(count, exponent, mixedRandom(1))
    const seen = new Float64Array(count)
    for (let i = 0; i < draws; i++) seen[next()]++
    const weights = Array.from({ length: count }, (_, i) => (i + 1) ** -exponent)
    const sum = weights.reduce((a, b) => a + b)
    for (const rank of [0, 1, 2, 9, 99]) expect(seen[rank] / draws).toBeCloseTo(weights[rank] / sum, 2)
  })

  it('knows only one device if there is one', () => {
    const next = zipf(1, 1, mixedRandom(1))
    for (let i = 0; i < 100; i++) expect(next()).toBe(0)
  })
})

describe('mixedRandom', () => {
  it('begins with different numbers for neighbouring seeds', () => {
    const firsts = Array.from({ length: 1000 }, (_, seed) => mixedRandom(seed)())
    const mean = firsts.reduce((a, b) => a + b) / firsts.length
    expect(mean).toBeCloseTo(0.5, 1)
    expect(new Set(firsts.map((first) => Math.floor(first * 10))).size).toBe(10)
  })
})
