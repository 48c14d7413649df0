import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { count, distinct, max, mean, min, top } from '../../../src/pipelines/builder/aggregates.ts'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import type { Reading } from '../../../src/pipelines/builder/reading.ts'
import { tumbling } from '../../../src/pipelines/builder/windows.ts'
import { compilePipeline } from '../../../src/pipelines/compiler/compile.ts'
import type { PipelineDefinition } from '../../../src/pipelines/definition/definition.ts'
import { blockOf, lookup, Recorder, type Row } from './rig.ts'

const run = (definition: PipelineDefinition, ...blocks: Row[][]) => {
  const compiled = compilePipeline(definition, lookup)
  const recorder = new Recorder()
  for (const rows of blocks) compiled.run(blockOf(rows), recorder)
  return Object.assign(recorder, { compiled })
}

const isWarm = (r: Reading): boolean => Object.keys({ w: r.value }).length === 1 && r.value > 10

describe('the fused loop', () => {
  it('shows filters and derived fields to what is behind, as items with all fields', () => {
    const { definition } = pipeline('p')
      .filter((r) => r.value > 1)
      .derive('double', (r) => r.value * 2)
      .filter(({ double }) => double < 10)
      .derive('label', (r) => `${r.device}:${r.double}`)
    const { items, compiled } = run(definition, [{ value: 1 }, { value: 3, time: 5 }, { value: 8 }])
    expect(items['derive-2'].map(({ item }) => item)).toEqual([
      {
        ...{
          device: 'd1',
          deviceId: 1,
          metric: 'temperature',
          time: 5,
          value: 3,
          lat: NaN,
          lon: NaN,
          double: 6,
        },
        ...{ region: 'unassigned', tier: 'standard', score: 0, series: 'd1/temperature', label: 'd1:6' },
      },
    ])
    expect(items['derive-2'][0].origin).toMatchObject({ time: 5, device: 1, metric: 1, tier: 2 })
    expect(compiled.envelopeAt(blockOf([{ value: 3, time: 5 }]), 0, 'derive-2')).toEqual(items['derive-2'][0])
    expect(compiled.consumers.get('derive-2')).toEqual([{ node: 'emit-1', input: 0 }])
  })

  it('gives the same for functions whose fields can be told and for others', () => {
    const plain = pipeline('p').filter((r) => r.value > 10 && r.metric === 'door' && r.device !== 'd2')
    const through = pipeline('p')
      .filter((r) => isWarm(r))
      .filter((r: Reading) => r['metric'] === 'door' && r.device !== 'd2')
    const rows = fc.array(
      fc.record({
        device: fc.integer({ min: 1, max: 3 }),
        metric: fc.constantFrom('door', 'humidity'),
        value: fc.integer({ min: 0, max: 20 }),
      }),
      { maxLength: 50 },
    )
    fc.assert(
      fc.property(rows, (block) => {
        const expected = block.filter(
          ({ value, metric, device }) => value > 10 && metric === 'door' && device !== 2,
        )
        const values = (items: Record<string, { item: unknown }[]>, from: string) =>
          (items[from] ?? []).map(({ item }) => (item as Reading).value)
        expect(values(run(plain.definition, block).items, 'filter-1')).toEqual(
          expected.map(({ value }) => value),
        )
        expect(values(run(through.definition, block).items, 'filter-2')).toEqual(
          expected.map(({ value }) => value),
        )
      }),
      { numRuns: 30 },
    )
  })

  it('shows only the metrics asked for', () => {
    const { items } = run(pipeline('p', { metrics: ['door'] }).filter(() => true).definition, [
      {},
      { metric: 'door' },
    ])
    expect(items['filter-1'].map(({ origin }) => origin.metric)).toEqual([2])
  })

  it('fills the rows of a window', () => {
    const { definition } = pipeline('p')
      .derive('f', (r) => r.value + 1)
      .window(tumbling('1s'), {
        by: ['region', 'tier'],
        aggregate: {
          n: count(),
          m: mean('f'),
          low: min({ metric: 'door' }),
          high: max((r) => r.f * 2),
          d: distinct('device'),
        },
      })
    const { windows, compiled } = run(definition, [
      { value: 1, region: 1, tier: 3, device: 7 },
      { value: 2, metric: 'door', region: 2, tier: 0 },
    ])
    const window = compiled.windows.get('window-1')
    expect(window?.isFused && window.isCombined).toBe(true)
    expect(window?.inputs).toEqual({ n: [0], m: [1], low: [2], high: [3], d: [4] })
    expect(windows['window-1']).toEqual([
      { low: 0x103, high: 0, text: undefined, time: 1000, row: 0, inputs: [1, 2, NaN, 4, 7] },
      { low: 0x200, high: 0, text: undefined, time: 1001, row: 1, inputs: [1, 3, 2, 6, 1] },
    ])
    expect(window?.key.describe(0x103, 0, undefined, lookup)).toEqual({ region: 'north', tier: 'bulk' })
  })

  it('takes items into a window behind a map, too', () => {
    const { definition } = pipeline('p')
      .map((r) => ({ half: r.value / 2, who: r.device }))
      .window(tumbling('1s'), { by: (i) => i.who, aggregate: { m: mean('half'), d: distinct('who') } })
    const { items, compiled } = run(definition, [{ value: 4 }])
    const window = compiled.windows.get('window-1')
    const [{ origin }] = items.source
    expect(window?.take({ item: { half: 2, who: 'x' }, origin })).toBe(true)
    expect(window?.rows.keyText[0]).toBe('["x"]')
    expect(window?.rows.inputs[0][0]).toBe(2)
    expect(() => window?.take({ item: { half: 'much', who: 'x' }, origin })).toThrow(
      /the input of "m" is the text "much"/,
    )
    expect(window?.rows.count).toBe(1)
  })

  it('makes results with the key by name, and names in a top', () => {
    const { definition } = pipeline('p').window(tumbling('1s'), {
      by: 'series',
      aggregate: { n: count(), t: top(2, 'device') },
    })
    const { compiled, windows } = run(definition, [{ device: 3, metric: 'door' }])
    const [{ low, high, text }] = windows['window-1']
    const times = { start: 0, end: 1000, revision: 0, early: false }
    const values = [1, [{ value: 3, count: 1, error: 0 }]]
    const { item, origin } = compiled.windows
      .get('window-1')!
      .result({ low, high, text }, times, values, lookup)
    expect(item).toEqual({
      n: 1,
      t: [{ value: 'd3', count: 1, error: 0 }],
      device: 'd3',
      metric: 'door',
      ...times,
    })
    expect(origin).toMatchObject({ device: 3, metric: 2, time: 1000, group: { label: 'd3/door' } })
  })

  it('loses only the row over which a function throws, and only behind that function', () => {
    const calls: number[] = []
    const shared = pipeline('p').filter((r) => {
      calls.push(r.value)
      return r.value !== 5
    })
    const { definition } = shared.branch(
      (way) =>
        way
          .derive('x', (r) => {
            if (r.value === 2) throw new Error('two')
            return r.value
          })
          .emit('a'),
      (way) => way.filter((r) => r.value > 1).emit('b'),
      (way) =>
        way
          .window(tumbling('1s'), { by: (r) => (r.value === 3 ? NaN : 'k'), aggregate: { n: count() } })
          .emit('c'),
    )
    const { items, errors, windows } = run(
      definition,
      [1, 2, 3, 5].map((value) => ({ value })),
    )
    const values = (from: string) => items[from].map(({ item }) => (item as Reading).value)
    expect(calls).toEqual([1, 2, 3, 5])
    expect(values('derive-1')).toEqual([1, 3])
    expect(values('filter-2')).toEqual([2, 3])
    expect(windows['window-1'].map(({ row }) => row)).toEqual([0, 1])
    expect(errors).toEqual([
      { node: 'derive-1', row: 1, message: 'two' },
      { node: 'window-1', row: 2, message: 'a key is NaN; allowed: a text or a finite number' },
    ])
  })

  it('gives readings the same ids each time, and equal ones ids of their own', () => {
    const { definition } = pipeline('p').filter(() => true)
    const rows = [{ time: 1 }, { time: 1 }, { time: 2 }]
    const ids = run(definition, rows, rows).items['filter-1'].map(({ origin }) => origin.id)
    expect(new Set(ids.slice(0, 3)).size).toBe(3)
    expect(ids.slice(3)).toEqual(ids.slice(0, 3))
  })

  it('lets a reading field be derived anew, under any name', () => {
    const { definition } = pipeline('p')
      .derive('value', (r) => r.value * 10)
      .derive('a-b', (r) => r.value + 1)
      .filter((r) => isWarm({ ...(r as unknown as Reading), value: r.value }))
    const [{ item }] = run(definition, [{ value: 2 }, { value: 0.5 }]).items['filter-1']
    expect(item).toMatchObject({ value: 20, 'a-b': 21 })
  })
})
