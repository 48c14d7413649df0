import { beforeAll, describe, expect, it } from 'vitest'
import { DIRECTION_HIGH, DIRECTION_LOW } from '../../src/memory/layout/map.layout.ts'
import * as L from '../../src/memory/layout/lanes.layout.ts'
import { POSITION_ABSENT } from '../../src/memory/layout/reading.layout.ts'
import { shardOf } from '../../src/kernels/reference/hash.ts'
import type { Reading } from '../../src/kernels/reference/reading.ts'
import { KernelAndTwin, type PairOptions } from './kernel-and-twin.ts'
import { KernelRig } from './kernel-rig.ts'
import { DEVICES } from './random-readings.ts'

const [DEVICE, OTHER] = DEVICES
const [BULK, PREMIUM, CRITICAL] = [3, 1, 0]
const both = DIRECTION_HIGH | DIRECTION_LOW

const options: PairOptions = {
  metrics: new Map([
    [1, { threshold: 3, minDeviation: 1, direction: both }],
    [2, { threshold: 3, minDeviation: 0, direction: both }],
  ]),
  regions: new Uint8Array(65_536),
}

const reading = (value: number, device = DEVICE, more: Partial<Reading> = {}): Reading => ({
  key: (device << 16n) | 1n,
  ...{ time: 0, value, lat: POSITION_ABSENT, lon: POSITION_ABSENT },
  ...more,
})

describe('route', () => {
  let rig: KernelRig
  let pair: KernelAndTwin

  beforeAll(async () => {
    rig = await KernelRig.open()
  })

  const begin = (parameters: PairOptions['parameters'] = {}): void => {
    pair = new KernelAndTwin(rig, { ...options, parameters })
  }
  const route = (...readings: Reading[]): void => {
    pair.send(readings)
    pair.route(4096)
    pair.publish()
  }

  it('refuses device 0 whatever its metric, though a free row has that key', () => {
    begin()
    route(...[0n, 1n, 2n, 9n].map((key) => reading(1, DEVICE, { key, time: 1, lat: 0, lon: 0 })))
    expect(pair.met()).toEqual(['malformed 1'])
    pair.compare()
  })

  it.each([0, 1])(
    'takes no value that is not a number, nor device 0, with time %d, into a series that is known',
    (time) => {
      begin({ warmup: 2 })
      const somewhere = { lat: 0, lon: 0 }
      const ofShard0 = Array.from({ length: 1000 }, (_, i) => BigInt(i + 1)).find(
        (id) => shardOf(id << 16n) === 0,
      )
      for (const value of [1, 1, 9000]) route(reading(value, ofShard0))
      route(reading(1), reading(1))
      route(reading(1), reading(NaN, DEVICE, { time }), reading(1, DEVICE, { key: 0n, time, ...somewhere }))
      expect(pair.met()).toEqual(expect.arrayContaining(['malformed 1', 'malformed 2']))
      pair.compare()
    },
  )

  it('gives devices that must be known and are not no rows', () => {
    begin({ knownOnly: true, seriesLimit: 1 })
    route(...DEVICES.slice(1).map((device) => reading(1, device)))
    pair.setDevice(DEVICE, { tier: 1, region: 4 })
    route(reading(1))
    route(reading(1, DEVICE, { key: (DEVICE << 16n) | 2n }))
    expect(pair.met()).toEqual(['refused 3', 'refused 4'])
    pair.compare()
  })

  it('clears an anomaly after as many calm readings as asked for, be they more than a byte counts', () => {
    begin({ warmup: 2, clearAfter: 300 })
    route(reading(20), reading(20), reading(20), reading(90))
    for (let i = 0; i < 300; i++) route(reading(20))
    pair.compare()
    const events = Array.from({ length: L.TRACK_COUNT }, (_, track) => rig.kernels.countTrack(rig.map, track))
    expect(events[L.TRACK_EVENTS]).toBe(2)
  })

  it('gives a value that never varied the score 0', () => {
    begin()
    const steady = { key: (DEVICE << 16n) | 2n }
    route(reading(5, DEVICE, steady), reading(5, DEVICE, steady), reading(5, DEVICE, steady))
    pair.compare()
  })

  it('counts a latency of more than an hour as long, not as short', () => {
    begin()
    pair.send([reading(1)])
    pair.nowMs += 5_000_000
    pair.route(1)
    pair.publish()
    pair.drainAll()
    pair.compare()
  })

  it('finds no device in a table full of removed ones, whose places are used again', () => {
    begin()
    for (let id = 1n; id <= BigInt(rig.plan.deviceSlots); id++) rig.setDevice(id, undefined)
    const place = rig.kernels.placeDevice(rig.map, 1n << 40n) >>> 0
    expect(place).toBeGreaterThanOrEqual(rig.plan.at.devices)
    expect(place).toBeLessThan(rig.plan.at.devices + rig.plan.deviceSlots * 16)
    rig.send([reading(1, 1n << 40n)], 1000)
    rig.route()
    expect(rig.publish(1000)).toBe(1)
  })

  describe('keeps a series in order', () => {
    const leaveBulkUnseen = (): void => {
      begin({ warmup: 2 })
      pair.setDevice(DEVICE, { tier: BULK, region: 0 })
      route(reading(20), reading(21), reading(22), reading(23))
      pair.setDevice(DEVICE, { tier: CRITICAL, region: 0 })
      // takes the last block for its critical lane, and has none for its event
      pair.withFreeBlocks(1, () => route(reading(900)))
      expect(pair.met()).toContain('refused 1')
    }

    it('when the first reading after a change of tier was refused, and the tier changes again', () => {
      leaveBulkUnseen()
      pair.setDevice(DEVICE, { tier: PREMIUM, region: 0 })
      route(reading(24))
      pair.workSlices(L.TRACK_CRITICAL + PREMIUM, 0, 10, 1, () => false)
      pair.compare()
      pair.drainAll()
    })

    it('when the first reading after a change of tier was refused, and the next comes too late for its block', () => {
      leaveBulkUnseen()
      pair.nowMs += 4000
      route(reading(24))
      pair.workSlices(L.TRACK_CRITICAL, 0, 10, 1, () => false)
      pair.compare()
      pair.drainAll()
    })

    it('through all tiers and back, with others in between', () => {
      begin()
      for (let i = 0; i < 200; i++) {
        pair.setDevice(DEVICE, { tier: (i * 7) % 4, region: 0 })
        pair.setDevice(OTHER, { tier: (i * 5) % 4, region: 0 })
        route(reading(i), reading(i + 1000, OTHER), reading(i + 0.5))
        if (i % 9 === 0) pair.workSlices(1 + (i % 4), i % 64, 3, 2, () => i % 2 === 0)
      }
      pair.drainAll()
      pair.compare()
    })
  })
})
