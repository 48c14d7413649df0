import { describe, expect, it } from 'vitest'
import { count } from '../../../src/pipelines/builder/aggregates.ts'
import { attribute } from '../../../src/pipelines/builder/keys.ts'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import { registry } from '../../../src/pipelines/builder/tables.ts'
import { tumbling } from '../../../src/pipelines/builder/windows.ts'
import { faultsOf } from '../../../src/pipelines/compiler/check.ts'
import { fieldsUsed } from '../../../src/pipelines/compiler/field-use.ts'
import { planOf } from '../../../src/pipelines/compiler/plan.ts'
import { planText } from '../../../src/pipelines/compiler/plan-text.ts'
import type { PipelineDefinition, StageNode } from '../../../src/pipelines/definition/definition.ts'

const good = pipeline('p')
  .filter((r) => r.value > 1)
  .window(tumbling('1m'), { by: 'region', aggregate: { n: count() } }).definition

const paths = (definition: PipelineDefinition) =>
  faultsOf(definition).map(({ path, value }) => `${path} ${value}`)
const withNodes = (change: (node: StageNode) => object): PipelineDefinition => ({
  ...good,
  nodes: good.nodes.map((node) => ({ ...node, ...change(node) })),
})

const thrown = (stage: { readonly definition: unknown }): string => {
  try {
    return `good: ${typeof stage.definition}`
  } catch (error) {
    return (error as Error).message
  }
}

describe('checkDefinition', () => {
  it('finds nothing in what is good', () => expect(faultsOf(good)).toEqual([]))

  it('finds what is wrong with a velocity policy', () => {
    const velocity = { fast: 10, slow: 5, metrics: {}, devices: {}, batch: { readings: 256, delayMs: 50 } }
    const withPolicy = (change: object) => paths({ ...good, velocity: { ...velocity, ...change } })
    expect(withPolicy({})).toEqual([])
    expect(withPolicy({ fast: 0, slow: 5 })).toEqual(['velocity.fast 0', 'velocity.slow 5'])
    expect(withPolicy({ slow: 11 })).toEqual(['velocity.slow 11'])
    expect(withPolicy({ devices: { a: 'quick' } })).toEqual(['velocity.devices an object'])
    expect(withPolicy({ batch: { readings: 511, delayMs: 0 } })).toEqual([
      ...['velocity.batch.readings 511', 'velocity.batch.delayMs 0'],
    ])
  })

  it('finds unknown inputs, cycles, ids that are there twice, and stages behind an end', () => {
    expect(paths(withNodes(({ kind }) => (kind === 'window' ? { inputs: ['nobody'] } : {})))).toEqual([
      'window-1.inputs "nobody"',
    ])
    expect(paths(withNodes(({ kind }) => (kind === 'filter' ? { inputs: ['window-1'] } : {})))).toEqual([
      'filter-1.inputs filter-1 ← window-1 ← filter-1',
    ])
    expect(paths(withNodes(() => ({ id: 'same', inputs: ['source'] })))).toEqual([
      'same.id "same" twice',
      'same.id "same" twice',
    ])
    expect(
      paths(withNodes(({ kind }) => (kind === 'window' ? { inputs: ['emit-1'] } : { inputs: ['source'] }))),
    ).toEqual(['window-1.inputs "emit-1"'])
  })

  it('finds what is no definition at all', () => {
    expect(paths({ name: '', nodes: 3 } as never)).toEqual([
      ...['name ""', 'version undefined', 'state undefined', 'time undefined', 'nodes 3'],
    ])
    expect(paths({ ...good, nodes: [{ kind: 'fold' }, null] } as never)).toEqual([
      'nodes.0.kind "fold"',
      'nodes.1 null',
    ])
  })

  it('asks the sinks about theirs', () => {
    const { definition } = pipeline('p').to({ type: 'tube' })
    const faults = faultsOf(definition, ({ type }) => `type: "${type}" is not allowed; allowed: console`)
    expect(faults).toEqual([
      { path: 'sink-1.sink', value: 'type: "tube" is not allowed', allowed: 'console' },
    ])
  })

  it('refuses state behind enrich, keys that nothing has, and state that would be apart', () => {
    const minute = tumbling('1m')
    const enriched = pipeline('p').enrich('x', async () => 1)
    const aggregate = { n: count() }
    expect(thrown(enriched.window(minute, { by: 'device', aggregate }))).toMatch(
      /window-1\.inputs: window behind "enrich-1"; allowed: .*I\/O side/,
    )
    expect(thrown(enriched.filter((r) => r.x > 1).emit('x'))).toMatch(/good/)
    const byRegion = pipeline('p').window(minute, { by: 'region', aggregate })
    expect(thrown(byRegion.window(minute, { by: 'device', aggregate }))).toMatch(
      /window-2\.key: device; allowed: keys that the window before has/,
    )
    expect(thrown(byRegion.throttle({ by: 'region', every: '1m' }))).toMatch(/good/)
    expect(thrown(pipeline('p').throttle({ by: 'region', every: '1m' }))).toMatch(
      /throttle-1\.key: region; allowed: keys of one device/,
    )
    expect(thrown(byRegion.merge(pipeline('p').map((r) => r.value)))).toMatch(
      /merge-1\.inputs: "window-1" is of combined groups/,
    )
    expect(thrown(pipeline('p').window(minute, { by: [(r) => r.lat, (r) => r.lon], aggregate }))).toMatch(
      /2 functions; allowed: one/,
    )
    expect(thrown(pipeline('p').window(minute, { by: attribute('n'), aggregate }))).toMatch(
      /"n"; allowed: names that no part/,
    )
  })
})

describe('planOf', () => {
  const { definition } = pipeline('cold-chain', { metrics: ['temperature'] })
    .filter((r) => r.value > -60)
    .join('known', registry())
    .window(tumbling('1m'), { by: attribute('site'), aggregate: { n: count() } })
    .alert('many', { when: (w) => w.n > 3 })
    .enrich('note', async () => 'x')
    .to({ type: 'console' })

  it('says which stage runs where', () => {
    expect(
      planOf(definition).stages.map(({ id, place, scope, key }) => [id, place, scope, key?.scope]),
    ).toEqual([
      ['filter-1', 'fused', 'shard', undefined],
      ['lookup-1', 'item', 'shard', undefined],
      ['window-1', 'window', 'shard', 'combined'],
      ['alert-1', 'item', 'combined', undefined],
      ['enrich-1', 'outside', 'combined', undefined],
      ['sink-1', 'outside', 'combined', undefined],
    ])
  })

  it('reads as a table', () => {
    const text = planText(planOf(definition))
    expect(text).toMatch(/^cold-chain \(version 1\): temperature; lateness 5s; state 64 MiB\n/)
    expect(text).toMatch(
      /window-1 +lookup-1 +window +shard, then combined +by attribute site, tumbling 1m: n +1 aggregates/,
    )
    expect(text).toMatch(/sink-1 +enrich-1 +I\/O side +console$/)
  })
})

/* oxlint-disable */
describe('fieldsUsed', () => {
  const t = (f: unknown): readonly string[] | undefined => fieldsUsed(f as never)

  it('tells fields that are read by name', () => {
    expect(t((r: any) => r.value > 3 && r?.metric === `${r.device}`)).toEqual(['value', 'metric', 'device'])
    expect(t(({ value, time }: any) => value + time)).toEqual(['value', 'time'])
    expect(
      t(function (r: any) {
        return r.value
      }),
    ).toEqual(['value'])
    expect(t(() => true)).toEqual([])
    expect(t((r: any) => ({ r: 1, x: r.lat.toFixed(2) }).x)).toBeUndefined()
    expect(t((r: any) => [1].map((x) => x * r.lat))).toEqual(['lat'])
  })

  it('is not sure of anything else', () => {
    const by = 'value'
    for (const f of [
      (r: any) => r[by],
      (r: any) => ({ ...r }),
      (r: any) => isNaN(r),
      ({ value, ...rest }: any) => value + rest.x,
      ({ value: v }: any) => v,
      (r: any, other: any) => r.value + other,
      (r: any) => {
        const s = r
        return s.value
      },
      function (r: any) {
        return r.x + arguments[0].value
      },
      (r: any) => r.x + eval('r.value'),
      ((r: any) => r.value).bind(null),
      Math.abs,
      (r: any = {}) => r.value,
    ])
      expect(t(f)).toBeUndefined()
  })
})
