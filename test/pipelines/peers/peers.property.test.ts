/** Comparisons with peers against a plain model: devices of many shards, disorder, readings that are late, slices of any size. */
import { describe, expect, it } from 'vitest'
import { attribute, max, pipeline, sliding } from '../../../src/index.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { PeerDeviation } from '../../../src/pipelines/operators/peers.ts'
import { type DeviceEntries, testPipeline, type TestReading } from '../../../src/testing/index.ts'

const START = Date.parse('2027-01-01T00:00:00Z')
const LATENESS = 2000

interface Case {
  readonly sizeMs: number
  readonly everyMs: number
  readonly atLeast: number
  readonly side: 'both' | 'above' | 'below'
  readonly minMembers: number
  readonly minSpread: number
  readonly isMax: boolean
}

interface Fleet {
  readonly devices: DeviceEntries
  readonly readings: readonly TestReading[]
}

/** Devices of three models, and some of none; every eighth is often far from the others. */
function fleetOf(random: () => number, count: number, seconds: number): Fleet {
  const devices: Record<string, DeviceEntries[string]> = {}
  const readings: TestReading[] = []
  for (let i = 0; i < count; i++) {
    const attributes: Record<string, string> = i % 11 === 0 ? {} : { model: `m${i % 3}` }
    devices[`d${i}`] = { tenant: i % 2 === 0 ? 'acme' : 'other', attributes }
  }
  for (let second = 0; second < seconds; second++)
    for (let i = 0; i < count; i++) {
      if (random() < 0.3) continue
      const isOdd = i % 8 === 0 && random() < 0.5
      const value =
        Math.round((20 + (i % 3) * 50 + 4 * random() + (isOdd ? 30 * (random() - 0.5) : 0)) * 4) / 4
      const at = START + 1000 * second + Math.floor(1000 * random()) - (random() < 0.2 ? 1500 : 0)
      readings.push({ device: `d${i}`, metric: random() < 0.7 ? 'a' : 'b', value, at })
    }
  return { devices, readings }
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length / 2
  return half % 1 === 0 ? (sorted[half - 1] + sorted[half]) / 2 : sorted[Math.floor(half)]
}

/** By definition, from all readings at once. */
function model({ devices, readings }: Fleet, options: Case): Map<string, PeerDeviation> {
  const { sizeMs, everyMs, atLeast, side, minMembers, minSpread, isMax } = options
  const told = new Map<string, PeerDeviation>()
  const away = new Set<string>()
  const last = Math.max(...readings.map(({ at }) => Number(at)))
  for (let end = Math.ceil(START / everyMs) * everyMs - sizeMs; end <= last + sizeMs; end += everyMs) {
    const inside = readings.filter(({ at }) => Number(at) >= end - sizeMs && Number(at) < end)
    for (const metric of ['a', 'b'])
      for (const group of ['m0', 'm1', 'm2']) {
        const values = new Map<string, number[]>()
        for (const { device, metric: of, value } of inside)
          if (of === metric && devices[device].attributes?.model === group)
            values.set(device, [...(values.get(device) ?? []), value])
        const numbers = new Map(
          [...values].map(([device, list]) => [
            device,
            isMax ? Math.max(...list) : list.reduce((sum, one) => sum + one, 0) / list.length,
          ]),
        )
        if (numbers.size < minMembers) continue
        const all = [...numbers.values()]
        const centre = median(all)
        const distances = all.map((value) => Math.abs(value - centre))
        const mad = 1.4826 * median(distances)
        const mean = (1.2533 * distances.reduce((sum, one) => sum + one, 0)) / all.length
        const spread = Math.max(mad > 0 ? mad : mean, minSpread)
        for (const [device, value] of numbers) {
          const deviation = spread > 0 ? (value - centre) / spread : 0
          const isAway =
            (side !== 'below' && deviation >= atLeast) || (side !== 'above' && deviation <= -atLeast)
          const key = `${device}/${metric}`
          if (isAway || away.has(key))
            told.set(`${key}@${end}`, {
              ...{ device, metric, value, group, centre, spread, deviation, members: all.length },
              ...{ start: end - sizeMs, end },
            })
          if (isAway) away.add(key)
          else away.delete(key)
        }
      }
  }
  return told
}

const definitionOf = ({ sizeMs, everyMs, isMax, ...told }: Case) =>
  pipeline('odd', { lateness: LATENESS, metrics: ['a', 'b'] })
    .peers({
      ...{ group: attribute('model'), over: sliding(sizeMs, { every: everyMs }), id: 'odd', most: 1000 },
      ...{ ...told, ...(isMax && { value: max() }) },
    })
    .emit('told')

const CASES: readonly Case[] = [
  { sizeMs: 5000, everyMs: 5000, atLeast: 3, side: 'both', minMembers: 5, minSpread: 0, isMax: false },
  { sizeMs: 6000, everyMs: 2000, atLeast: 2, side: 'above', minMembers: 3, minSpread: 0, isMax: true },
  { sizeMs: 4000, everyMs: 1000, atLeast: 1.5, side: 'below', minMembers: 6, minSpread: 2, isMax: false },
]

describe('peers', () => {
  it.each(CASES)('tells what a plain model tells: $side, $atLeast, window $sizeMs', (options) => {
    const random = seededRandom(7 + options.sizeMs)
    const fleet = fleetOf(random, 40, 30)
    const test = testPipeline(definitionOf(options)).registry(fleet.devices)
    const ordered = [...fleet.readings].sort(
      (a, b) => Math.floor(Number(a.at) / 1000) - Math.floor(Number(b.at) / 1000),
    )
    for (let at = 0; at < ordered.length;) {
      const size = 1 + Math.floor(60 * random())
      test.send(ordered.slice(at, at + size))
      at += size
    }
    test.finish()
    const wanted = model({ ...fleet, readings: ordered }, options)
    const given = test.results<PeerDeviation>('odd')
    expect(test.late).toBe(0)
    expect(wanted.size).toBeGreaterThan(10)
    expect(new Set(given.map(({ device, metric, end }) => `${device}/${metric}@${end}`))).toEqual(
      new Set(wanted.keys()),
    )
    expect(given).toHaveLength(wanted.size)
    for (const one of given) {
      const other = wanted.get(`${one.device}/${one.metric}@${one.end}`)
      expect({ ...one, value: 0, centre: 0, spread: 0, deviation: 0 }).toEqual({
        ...{ ...other, value: 0, centre: 0, spread: 0, deviation: 0 },
      })
      for (const field of ['value', 'centre', 'spread', 'deviation'] as const)
        expect(one[field]).toBeCloseTo(other?.[field] ?? NaN, 9)
    }
  })
})
