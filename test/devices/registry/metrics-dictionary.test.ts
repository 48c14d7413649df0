import { describe, expect, it } from 'vitest'
import {
  type MetricEntry,
  MetricsDictionary,
  type MetricsDictionaryOptions,
} from '../../../src/devices/registry/metrics-dictionary.ts'

const usual = { threshold: 4, direction: 'both', minDeviation: 0 } as const
const dictionary = (options: Partial<MetricsDictionaryOptions> = {}): MetricsDictionary =>
  new MetricsDictionary({ admission: 'open', maxMetrics: 100, defaultAnomaly: usual, ...options })

describe('MetricsDictionary', () => {
  it('has value as metric 1 from the start', () => {
    expect(dictionary().byId(1)).toEqual({ name: 'value', id: 1, unit: '', anomaly: usual })
    expect(dictionary().byId(0)).toBeUndefined()
    expect(dictionary().ensure('value')).toMatchObject({ id: 1 })
  })

  it('numbers metrics in the order they come and keeps their numbers', () => {
    const metrics = dictionary()
    expect(metrics.ensure('temperature')).toMatchObject({ id: 2 })
    expect(metrics.define('humidity', { unit: '%' })).toMatchObject({ id: 3 })
    expect(metrics.define('temperature', { unit: '°C', threshold: 6, direction: 'high' })).toEqual({
      name: 'temperature',
      id: 2,
      unit: '°C',
      anomaly: { threshold: 6, direction: 'high', minDeviation: 0 },
    })
    expect(metrics.byId(2)?.unit).toBe('°C')
    expect(metrics.size).toBe(3)
  })

  it('answers what can not be added with a code', () => {
    const metrics = dictionary({ maxMetrics: 2 })
    expect(metrics.ensure('')).toBe('bad-request')
    expect(metrics.ensure('x'.repeat(129))).toBe('bad-request')
    expect(metrics.ensure('a')).toMatchObject({ id: 2 })
    expect(metrics.ensure('b')).toBe('limit-reached')
    expect(() => metrics.define('b')).toThrow('limits.metrics (2)')
    expect(metrics.define('a', { unit: 'V' }).id).toBe(2)
  })

  it('adds nothing by itself under known admission', () => {
    const metrics = dictionary({ admission: 'known' })
    expect(metrics.ensure('a')).toBeUndefined()
    metrics.define('a')
    expect(metrics.ensure('a')).toMatchObject({ id: 2 })
  })

  it('writes itself down by name, whatever the name', () => {
    const metrics = dictionary()
    metrics.define('temperature', { unit: '°C' })
    metrics.ensure('__proto__')
    const written = JSON.stringify(metrics)
    expect(written).toContain(
      '"temperature":{"id":2,"unit":"°C","threshold":4,"direction":"both","minDeviation":0}',
    )
    expect(written).toContain('"__proto__":{"id":3')
  })

  it('tells its listeners of additions and changes until they leave', () => {
    const metrics = dictionary()
    const seen: MetricEntry[] = []
    const leave = metrics.onChange((entry) => seen.push(entry))
    metrics.ensure('a')
    metrics.ensure('a')
    metrics.define('a', { unit: 'V' })
    leave()
    metrics.ensure('b')
    expect(seen.map(({ id, unit }) => [id, unit])).toEqual([
      [2, ''],
      [2, 'V'],
    ])
    expect([...metrics].map((entry) => entry.name)).toEqual(['value', 'a', 'b'])
  })

  it.each([
    [{ threshold: 0 }, 'threshold: 0 is not allowed; allowed: a number greater than 0'],
    [{ direction: 'up' }, 'direction: "up" is not allowed; allowed: both, high, low'],
    [{ minDeviation: -1 }, 'minDeviation: -1 is not allowed; allowed: a number of at least 0'],
    [{ unit: 'x'.repeat(33) }, 'allowed: at most 32 characters'],
    [{ id: 7 }, '"id": no such key; allowed: unit, threshold, direction, minDeviation'],
    [[], 'metric: an array is not allowed; allowed: an object'],
  ])('refuses %j saying where, what and what is allowed', (properties, message) => {
    expect(() => dictionary().define('a', properties as never)).toThrow(message)
  })

  it.each([0, 65536, NaN])('refuses a limit of %d metrics', (maxMetrics) => {
    expect(() => dictionary({ maxMetrics })).toThrow('limits.metrics')
  })
})
