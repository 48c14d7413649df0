import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  count,
  correlation,
  distinct,
  max,
  mean,
  quantile,
  top,
} from '../../../src/pipelines/builder/aggregates.ts'
import { attribute } from '../../../src/pipelines/builder/keys.ts'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import type { Stage } from '../../../src/pipelines/builder/stage.ts'
import { referenceTable, registry } from '../../../src/pipelines/builder/tables.ts'
import { session, sliding, tumbling } from '../../../src/pipelines/builder/windows.ts'

/** The compiler is the test: `tsc` checks this file. What must be an error says so. */
type ItemOf<S> = S extends Stage<infer Item, infer _> ? Item : never

const readings = pipeline('cold-chain', { metrics: ['temperature', 'door'] })
const fahrenheit = readings.derive('fahrenheit', (r) => r.value * 1.8 + 32)

describe('types of a pipeline', () => {
  it('knows fields derived', () => {
    expectTypeOf<ItemOf<typeof fahrenheit>['fahrenheit']>().toEqualTypeOf<number>()
    expectTypeOf<ItemOf<typeof readings>['metric']>().toEqualTypeOf<'temperature' | 'door'>()
    // @ts-expect-error no such field
    readings.filter((r) => r.fahrenheit > 3)
    // @ts-expect-error no such metric
    readings.filter((r) => r.metric === 'humidity')
    expect(fahrenheit.filter((r) => r.fahrenheit > 3).definition.nodes).toHaveLength(3)
  })

  it('knows what a window gives', () => {
    const windowed = fahrenheit.window(sliding('5m', { every: '1m' }), {
      by: ['region', attribute('site')],
      aggregate: {
        n: count(),
        t: mean('fahrenheit'),
        p: quantile(0.99, (r) => r.value * 2),
        d: top(3, 'device'),
      },
    })
    type Result = ItemOf<typeof windowed>
    expectTypeOf<Result['n' | 't' | 'p' | 'start' | 'end' | 'revision']>().toEqualTypeOf<number>()
    expectTypeOf<Result['d'][number]['value']>().toEqualTypeOf<string>()
    expectTypeOf<Result['region']>().toEqualTypeOf<string>()
    expectTypeOf<Result['early']>().toEqualTypeOf<boolean>()
    expectTypeOf<Result['site']>().toEqualTypeOf<string | number | boolean | undefined>()
    // @ts-expect-error the key has no device
    windowed.filter((w) => w.device === 'a')
    const bySeries = readings.window(session('5m'), { by: 'series', aggregate: { m: max() } })
    expectTypeOf<ItemOf<typeof bySeries>>().toEqualTypeOf<{
      readonly m: number
      readonly device: string
      readonly metric: string
      readonly start: number
      readonly end: number
      readonly revision: number
      readonly early: boolean
    }>()
    const byFunction = readings.window(session('5m'), {
      by: (r) => Math.floor(r.lat),
      aggregate: { n: count() },
    })
    expectTypeOf<ItemOf<typeof byFunction>['key']>().toEqualTypeOf<number>()
  })

  it('refuses aggregates over what is not there, and windows without a key', () => {
    const [window, aggregate] = [tumbling('1m'), { n: count() }]
    // @ts-expect-error no such field
    const wrong = readings.window(window, { by: 'device', aggregate: { t: mean('fahrenheit') } })
    expect(() => wrong.definition).toThrow(/aggregates\.t\.input: "fahrenheit"; allowed: device, /)
    // @ts-expect-error a text has no mean
    readings.window(window, { by: 'device', aggregate: { t: mean('device') } })
    // @ts-expect-error no such key
    readings.window(window, { by: 'devise', aggregate })
    // @ts-expect-error no key
    readings.window(window, { aggregate })
    const keyed = readings.keyBy('device').window(window, { aggregate })
    expectTypeOf<ItemOf<typeof keyed>['device']>().toEqualTypeOf<string>()
    readings.window(window, {
      by: 'all',
      aggregate: {
        devices: distinct('device'),
        both: correlation({ metric: 'temperature' }, { metric: 'door' }),
      },
    })
  })

  it('knows rows joined', () => {
    const joined = readings
      .join('known', registry())
      .join('site', referenceTable('a.csv', { column: 'id', key: (r: { device: string }) => r.device }), {
        mode: 'inner',
      })
    expectTypeOf<NonNullable<ItemOf<typeof joined>['known']>['tenant']>().toEqualTypeOf<string>()
    expectTypeOf<ItemOf<typeof joined>['site']['x']>().toEqualTypeOf<string | number | boolean | null>()
    // @ts-expect-error it may be missing
    joined.map((r) => r.known.name)
    const custom = readings.custom({
      by: 'device',
      initial: () => ({ n: 0 }),
      step: (r, state) => [{ n: ++state.n, v: r.value }],
    })
    expectTypeOf<ItemOf<typeof custom>>().toEqualTypeOf<{ n: number; v: number }>()
  })
})
