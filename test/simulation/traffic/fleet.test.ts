import { describe, expect, it } from 'vitest'
import { loadedScenario } from '../loaded-scenario.ts'
import { Fleet } from '../../../src/simulation/traffic/fleet.ts'
import { LocalClock } from '../../../src/simulation/traffic/local-clock.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Readings per second of all streams at a time since the start. */
function rateAt(fleet: Fleet, sinceMs: number): number {
  fleet.step(sinceMs, 1000)
  return fleet.rates.reduce((sum, rate) => sum + rate, 0)
}

const group = (traffic: string, more = ''): string => `
start: 2026-03-02T00:00:00Z
duration: 1d
${more}
fleet:
  - name: a
    devices: 100
    every: 1s
    traffic: [${traffic}]
`
const fleetOf = (traffic: string, more = '', seed = 1) =>
  new Fleet(loadedScenario(group(traffic, more)), seed)

describe('Fleet', () => {
  it('sends as many readings as its devices do', () => {
    expect(rateAt(fleetOf(''), 0)).toBe(100)
  })

  it('follows the day of its region', () => {
    const traffic = "daily: { low: 0.5, high: 1.5, peak: '18:00' }"
    expect(rateAt(fleetOf(`{ ${traffic} }`), 18 * HOUR)).toBeCloseTo(150)
    expect(rateAt(fleetOf(`{ ${traffic} }`), 6 * HOUR)).toBeCloseTo(50)
    const berlin = fleetOf(`{ ${traffic} }`, 'regions: [{ name: de, zone: Europe/Berlin }]')
    expect(rateAt(berlin, 17 * HOUR)).toBeCloseTo(150)
  })

  it('goes evenly from point to point of a curve, also over midnight', () => {
    const fleet = fleetOf("{ curve: { '06:00': 1, '18:00': 2 } }")
    expect(rateAt(fleet, 12 * HOUR)).toBeCloseTo(150)
    expect(rateAt(fleet, 0)).toBeCloseTo(150)
    expect(rateAt(fleet, 23 * HOUR)).toBeCloseTo(100 * (2 - 5 / 12))
  })

  it('has shifts on working days, which come within a while', () => {
    const shifts = "{ shifts: { at: { '06:00': 4, '22:00': 1 }, days: [mon], within: 10m } }"
    const fleet = fleetOf(shifts)
    expect(rateAt(fleet, 5 * HOUR)).toBe(100)
    expect(rateAt(fleet, 6 * HOUR + 5 * MINUTE)).toBeCloseTo(250)
    expect(rateAt(fleet, 7 * HOUR)).toBe(400)
    expect(rateAt(fleet, 23 * HOUR)).toBe(100)
    expect(rateAt(fleet, 31 * HOUR)).toBe(100)
  })

  it('moves with the clocks', () => {
    const clock = new LocalClock('Europe/Berlin')
    const before = Date.UTC(2026, 2, 29, 0, 59)
    expect(clock.localMs(before) - before).toBe(HOUR)
    const after = Date.UTC(2026, 2, 29, 1, 0)
    expect(clock.localMs(after) - after).toBe(2 * HOUR)
  })

  it('bursts, again and again where it says so', () => {
    const fleet = fleetOf('{ burst: { at: 1m, for: 10s, times: 5, rise: 10s, every: 1m } }')
    expect(rateAt(fleet, 59_000)).toBe(100)
    expect(rateAt(fleet, MINUTE + 5000)).toBeCloseTo(300)
    expect(rateAt(fleet, MINUTE + 15_000)).toBe(500)
    expect(rateAt(fleet, MINUTE + 30_000)).toBe(100)
    expect(rateAt(fleet, 3 * MINUTE + 15_000)).toBe(500)
  })

  it('draws what has two ends anew with each seed, and the same with the same', () => {
    const burst = '{ burst: { at: 1m, for: 10s, times: [2, 9] } }'
    const peak = (seed: number) => rateAt(fleetOf(burst, '', seed), MINUTE + 1000)
    expect(peak(1)).toBe(peak(1))
    expect(new Set([1, 2, 3, 4].map(peak)).size).toBe(4)
  })

  it('adds devices that join, with what they kept', () => {
    const fleet = fleetOf('{ onboarding: { at: 1m, devices: 60, over: 1m, flush: 10 } }')
    expect(rateAt(fleet, MINUTE + 30_000)).toBeCloseTo(100 + 30 + 10)
    expect(fleet.joined[0]).toBeCloseTo(1)
    expect(rateAt(fleet, 3 * MINUTE)).toBe(160)
  })

  it('has noise that is 1 on average and comes back to it', () => {
    const fleet = fleetOf('{ noise: { share: 10%, over: 5s } }')
    const rates = Array.from({ length: 4000 }, (_, second) => rateAt(fleet, second * 1000))
    const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
    const deviation = Math.sqrt(rates.reduce((sum, rate) => sum + (rate - mean) ** 2, 0) / rates.length)
    expect(mean).toBeGreaterThan(97)
    expect(mean).toBeLessThan(103)
    expect(deviation).toBeGreaterThan(8)
    expect(deviation).toBeLessThan(12)
  })

  it('replays a trace', () => {
    const trace = { values: Float64Array.of(1, 3), mean: 2, peak: 3 }
    const scenario = {
      ...loadedScenario(group('{ trace: { file: t.csv, step: 1h } }')),
      traces: new Map([['t.csv#value', trace]]),
    }
    const fleet = new Fleet(scenario, 1)
    expect(rateAt(fleet, 0)).toBe(50)
    expect(rateAt(fleet, HOUR / 2)).toBe(100)
    expect(rateAt(fleet, HOUR)).toBe(150)
    expect(rateAt(fleet, 2 * HOUR)).toBe(50)
  })
})

describe('places', () => {
  const regions = 'regions: [{ name: north, geohash: [u] }, { name: south, geohash: [s] }]\n'
  const near = (place: string, events = '') =>
    new Fleet(
      loadedScenario(
        `${regions}duration: 10m\n${events}fleet: [{ name: a, devices: 1000, every: 1s, places: [${place}] }]`,
      ),
      1,
    )

  it('are in the region that their position says', () => {
    expect(near('{ lat: 52.5, lon: 13.4 }').streams).toMatchObject([{ region: 'north', devices: 1000 }])
    const both = near('{ lat: 52.5, lon: 13.4, share: 30% }, { lat: 40, lon: 10 }').streams
    expect(both.map(({ region, devices }) => [region, Math.round(devices)])).toEqual([
      ['north', 300],
      ['south', 700],
    ])
  })

  it('are refused where there is no region', () => {
    expect(() => near('{ lat: -40, lon: 10 }')).toThrow('devices of a at -40.00, 10.00 are in no region')
  })

  it('are reached by an event in the order of their distance', () => {
    const event =
      'events: [{ name: e, at: 1m, times: 3, for: 5m, rise: 0s, near: { lat: 52.5, lon: 13.4, within: 300 }, speed: 1 }]\n'
    const fleet = near(
      '{ lat: 52.5, lon: 13.4, share: 50% }, { lat: 51.5, lon: 13.4, share: 40% }, { lat: 60, lon: 13.4 }',
      event,
    )
    expect(rateAt(fleet, MINUTE - 1)).toBe(1000)
    expect(rateAt(fleet, MINUTE + 1000)).toBeCloseTo(2000)
    // a degree of latitude is 111 km
    expect(rateAt(fleet, MINUTE + 110_000)).toBeCloseTo(2000)
    expect(rateAt(fleet, MINUTE + 113_000)).toBeCloseTo(2800)
  })
})
