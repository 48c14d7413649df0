import { describe, expect, it } from 'vitest'
import { dashboard, fitted, plainLine } from '../../examples/demo/dashboard.js'
import { loadEarthquakes } from '../../examples/demo/earthquakes.js'
import { decodeReply, encodeFrame, seriesOf } from '../../examples/demo/encode.js'
import { loadStations, sampleAt } from '../../examples/demo/stations.js'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import { frameHead, replyBytes } from '../load/scripted-server.ts'
import { alertOf, statsWith } from './fake-engine.ts'

describe('dashboard', () => {
  const lines = dashboard(statsWith(150_000, 3, 12), statsWith(100_000, 3, 10), [alertOf()])
  const text = lines.join('\n')

  it('shows rates from the growth between two figures', () => {
    expect(lines[0]).toContain('25,000 readings/s accepted')
    expect(dashboard(statsWith(100, 0, 10), null, [])[0]).toContain('10 readings/s')
  })

  it('shows each tier with backlog and latency, the account, the pool and the latest alerts', () => {
    for (const tier of ['critical', 'premium', 'standard', 'bulk']) {
      expect(text).toMatch(new RegExp(`${tier} +25,000 +12 +0\\.10 ms +1\\.50 ms +0`))
    }
    expect(text).toContain('received 150,003 · accepted 150,000 · refused 0 · malformed 3')
    expect(text).toContain('pool 2 workers (1 busy, 1 to 4)')
    expect(text).toMatch(/high +cold-store-ATL +temperature 36\.39 \(\+12\.3σ\) us-east/)
  })

  it('is the same for the same figures and has a line form', () => {
    expect(dashboard(statsWith(150_000, 3, 12), statsWith(100_000, 3, 10), [alertOf()])).toEqual(lines)
    expect(plainLine(statsWith(150_000, 3, 12), statsWith(100_000, 3, 10))).toContain('25,000 readings/s')
  })

  it('fits lines to the terminal', () => {
    expect(fitted('abcdef', 4)).toBe('abc…')
    expect(fitted('abcd', 4)).toBe('abcd')
  })
})

describe('stations', () => {
  const stations = loadStations(1200)

  it('are of three tiers, have names of their own and stand on the map', () => {
    expect(stations).toHaveLength(1200)
    expect(new Set(stations.map(({ name }) => name)).size).toBe(1200)
    const count = (tier: string) => stations.filter((station) => station.tier === tier).length
    expect([count('premium'), count('standard'), count('bulk')]).toEqual([180, 420, 600])
    for (const { lat, lon } of stations) {
      expect(Math.abs(lat)).toBeLessThanOrEqual(90)
      expect(Math.abs(lon)).toBeLessThanOrEqual(180)
    }
  })

  it('replay recordings without holes, with labelled events among them', () => {
    const recordings = new Set(stations.map(({ recording }) => recording))
    expect(recordings.size).toBe(5)
    for (const { series } of recordings) {
      for (const { values } of series)
        expect(values.length > 4000 && values.every(Number.isFinite)).toBe(true)
    }
    expect([...recordings].map(({ events }) => events)).toEqual([117, 0, 0, 32, 0])
  })

  it('go there and back, without a seam', () => {
    const values = Float64Array.from([1, 2, 3])
    expect(Array.from({ length: 8 }, (_, step) => sampleAt(values, step))).toEqual([1, 2, 3, 3, 2, 1, 1, 2])
  })
})

describe('earthquakes', () => {
  it('come in order with network, magnitude and position', () => {
    const quakes = loadEarthquakes()
    expect(quakes.length).toBeGreaterThan(1000)
    expect(quakes.every(({ time }, i) => i === 0 || time >= quakes[i - 1].time)).toBe(true)
    expect(quakes.every(({ device }) => /^quake-[a-z]{2}$/.test(device))).toBe(true)
    expect(Math.max(...quakes.map(({ magnitude }) => magnitude))).toBeGreaterThan(6)
  })
})

describe('encode', () => {
  it('agrees with the library on series keys', () => {
    for (const name of ['weather-ATL', 'quake-ci', 'größe-7']) {
      expect(seriesOf(name, 5)).toBe(seriesKey(deviceIdOf(name), 5))
    }
  })

  it('writes frames that FlatBuffers reads', () => {
    const reading = { series: 7n, value: 1.5, time: 2, lat: 52.52, lon: -13.4 }
    const frame = encodeFrame(9, [reading, reading])
    expect(frameHead(frame)).toEqual({ seq: 9, readings: 2 })
    expect(frame.readInt32LE(32 + 24)).toBe(525_200_000)
  })

  it('reads replies of both kinds', () => {
    const reply = { seq: 4, status: 'refused', retryAfterMs: 50, refused: 2 }
    const bytes = replyBytes({ seq: 4, status: 1, reason: 'full', retryAfterMs: 50, refused: [0, 3] })
    expect(decodeReply(bytes, true)).toEqual(reply)
    const text = '{"seq":4,"status":"refused","retry_after_ms":50,"refused":[0,3]}'
    expect(decodeReply(Buffer.from(text), false)).toEqual(reply)
    expect(decodeReply(replyBytes({ seq: 4 }), true)).toMatchObject({ status: 'accepted', refused: 0 })
  })
})
