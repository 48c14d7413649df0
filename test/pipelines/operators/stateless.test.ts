import { describe, expect, it } from 'vitest'
import { Derive } from '../../../src/pipelines/operators/derive.ts'
import { Filter } from '../../../src/pipelines/operators/filter.ts'
import { FlatMap } from '../../../src/pipelines/operators/flat-map.ts'
import { LookupReference } from '../../../src/pipelines/operators/lookup-reference.ts'
import { LookupRegistry } from '../../../src/pipelines/operators/lookup-registry.ts'
import { MapItems } from '../../../src/pipelines/operators/map.ts'
import { Merge } from '../../../src/pipelines/operators/merge.ts'
import { Sample } from '../../../src/pipelines/operators/sample.ts'
import { parseReference } from '../../../src/pipelines/reference/parse-reference.ts'
import { ReferenceRows } from '../../../src/pipelines/reference/reference-rows.ts'
import { envelope, given, oneScope, ORIGIN } from './stage.fixture.ts'

interface Reading {
  readonly value: number
}

const reading = (value: number, origin = {}) => envelope({ value }, origin)
const scope = oneScope(-Infinity, 1)
const items = (stage: Parameters<typeof given>[0], item: ReturnType<typeof envelope>): unknown[] =>
  given(stage, item, scope).map(({ item }) => item)

describe('Filter', () => {
  it('lets pass what the test says', () => {
    const stage = new Filter({ test: ({ value }: Reading) => value > 2 })
    expect([1, 2, 3, 4].flatMap((value) => items(stage, reading(value)))).toEqual([
      { value: 3 },
      { value: 4 },
    ])
  })
})

describe('Derive', () => {
  it('adds a field to a copy', () => {
    const before = reading(2)
    const stage = new Derive({ field: 'double', compute: ({ value }: Reading) => 2 * value })
    expect(given(stage, before, scope)).toEqual([{ item: { value: 2, double: 4 }, origin: ORIGIN }])
    expect(before.item).toEqual({ value: 2 })
  })

  it('refuses items without fields', () => {
    const stage = new Derive({ field: 'x', compute: () => 1 })
    expect(() => items(stage, envelope([1]))).toThrow('the item is an array, which can\'t have a field "x"')
    expect(() => items(stage, envelope(null))).toThrow('the item is null')
    expect(() => items(stage, envelope('text'))).toThrow('the item is a string')
  })
})

describe('MapItems', () => {
  it('gives another item of the same origin', () => {
    const stage = new MapItems({ compute: ({ value }: Reading) => value + 1 })
    expect(given(stage, reading(2), scope)).toEqual([{ item: 3, origin: ORIGIN }])
  })
})

describe('FlatMap', () => {
  it('gives any number of items whose ids tell them apart', () => {
    const stage = new FlatMap({ compute: ({ value }: Reading) => Array.from({ length: value }, (_, i) => i) })
    expect(items(stage, reading(0))).toEqual([])
    expect(given(stage, reading(2, { id: 'r7' }), scope)).toEqual([
      { item: 0, origin: { ...ORIGIN, id: 'r7/0' } },
      { item: 1, origin: { ...ORIGIN, id: 'r7/1' } },
    ])
  })

  it('gives none when making one of them fails', () => {
    const compute = function* (): Generator<number> {
      yield 1
      throw new Error('second')
    }
    const out: unknown[] = []
    expect(() => new FlatMap({ compute }).push(reading(1), scope, (item) => out.push(item))).toThrow('second')
    expect(out).toEqual([])
  })
})

describe('Merge', () => {
  it('gives what comes by any input, and a reading that comes by two under two ids', () => {
    const { inputs } = new Merge(3)
    const ids = inputs
      .flatMap((input) => given(input, reading(1, { id: 'r1' }), scope))
      .map(({ origin }) => origin.id)
    expect(ids).toEqual(['r1', 'r1|1', 'r1|2'])
  })
})

describe('Sample', () => {
  const share = (share: number, prefix: string): number => {
    const stage = new Sample({ share })
    const passed = Array.from(
      { length: 20_000 },
      (_, i) => items(stage, reading(i, { id: `${prefix}${i}` })).length,
    )
    return passed.reduce((sum, count) => sum + count, 0) / 20_000
  }

  it('gives the share asked for, of ids that differ little as well', () => {
    for (const prefix of ['', '1:', 'a-long-device-name/temperature@1700000000'])
      for (const asked of [0.01, 0.1, 0.5, 0.9])
        expect(Math.abs(share(asked, prefix) - asked)).toBeLessThan(0.02)
  })

  it('gives all and nothing', () => {
    expect([share(1, 'r'), share(0, 'r')]).toEqual([1, 0])
  })

  it('gives the same items each time, and all of a smaller share in a larger one', () => {
    const passes = (share: number, id: string): boolean =>
      items(new Sample({ share }), reading(1, { id })).length === 1
    for (let i = 0; i < 1000; i++) {
      const id = `r${i}`
      expect(passes(0.3, id)).toBe(passes(0.3, id))
      if (passes(0.1, id)) expect(passes(0.3, id)).toBe(true)
    }
  })
})

describe('LookupRegistry', () => {
  const pump = { name: 'pump-1', tenant: 'acme', attributes: { floor: 2 } }
  const registry = { device: (id: number) => (id === 1 ? pump : undefined) }

  it('puts the row of the device into a field', () => {
    const left = new LookupRegistry({ as: 'device', mode: 'left' }, registry)
    expect(items(left, reading(1, { device: 1 }))).toEqual([{ value: 1, device: pump }])
    expect(items(left, reading(1, { device: 2 }))).toEqual([{ value: 1, device: undefined }])
  })

  it('leaves out items without a row when asked to, and asks nothing about no device', () => {
    const inner = new LookupRegistry({ as: 'device', mode: 'inner' }, { device: () => pump })
    expect(items(inner, reading(1, { device: 7 }))).toHaveLength(1)
    expect(items(inner, reading(1, { device: 0 }))).toEqual([])
  })
})

describe('LookupReference', () => {
  const table = (text: string) => parseReference(text, { file: 'sites.csv', column: 'id' })
  const key = ({ value }: Reading): unknown => value

  it('puts the row with the key into a field, and from a new version on that one', () => {
    const rows = new ReferenceRows(table('id,site\n1,north\n'))
    const stage = new LookupReference({ as: 'site', mode: 'left' }, { key }, rows)
    expect(items(stage, reading(1))).toEqual([{ value: 1, site: { id: '1', site: 'north' } }])
    expect(items(stage, reading(2))).toEqual([{ value: 2, site: undefined }])
    rows.replace(table('id,site\n2,south\n'))
    expect(items(stage, reading(2))).toEqual([{ value: 2, site: { id: '2', site: 'south' } }])
    expect(items(stage, reading(1))).toEqual([{ value: 1, site: undefined }])
  })

  it('leaves out items without a row when asked to', () => {
    const rows = new ReferenceRows(table('id\n1\ntrue\n'))
    const keys = [1, '1', true, 1n, 2, undefined, null, {}]
    const found = keys.filter((key) => {
      const stage = new LookupReference({ as: 'row', mode: 'inner' }, { key: () => key }, rows)
      return items(stage, reading(1)).length === 1
    })
    expect(found).toEqual([1, '1', true, 1n])
  })
})
