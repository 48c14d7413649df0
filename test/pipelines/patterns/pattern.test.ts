import { describe, expect, expectTypeOf, it } from 'vitest'
import { count } from '../../../src/pipelines/builder/aggregates.ts'
import { pipeline } from '../../../src/pipelines/builder/pipeline.ts'
import type { Reading } from '../../../src/pipelines/builder/reading.ts'
import type { Stage } from '../../../src/pipelines/builder/stage.ts'
import { tumbling } from '../../../src/pipelines/builder/windows.ts'
import { planOf } from '../../../src/pipelines/compiler/plan.ts'
import { planText } from '../../../src/pipelines/compiler/plan-text.ts'
import { testPipeline } from '../../../src/testing/index.ts'

// oxlint-disable-next-line typescript/no-unused-vars -- a name is needed there
type ItemOf<S> = S extends Stage<infer Item, infer _> ? Item : never
type House = Reading<'door' | 'motion' | 'beat'>

const readings = pipeline('house', { metrics: ['door', 'motion', 'beat'], lateness: '5s' })
const isDoor = (r: House): boolean => r.metric === 'door'
const isMotion = (r: House): boolean => r.metric === 'motion'
const isBeat = (r: House): boolean => r.metric === 'beat'
const forced = readings.pattern((p) => p.begin('door', isDoor).followedBy('motion', isMotion), {
  ...{ by: 'device', within: '10s' },
})

const at = (device: string, metric: string, value: number, time: string) => ({
  ...{ device, metric, value, at: time },
})

describe('a pattern in a pipeline', () => {
  it('gives matches with their items by name, the key, start and end', () => {
    const t = testPipeline(forced)
    t.send(at('h1', 'door', 1, '0s'), at('h2', 'door', 1, '1s'), at('h1', 'motion', 3, '4s'))
    expect(t.results('pattern-1')).toEqual([])
    t.finish()
    const start = Date.UTC(2027, 0)
    expect(t.results('pattern-1')).toEqual([
      {
        ...{ device: 'h1', start, end: start + 4000 },
        door: expect.objectContaining({ metric: 'door', value: 1, series: 'h1/door' }) as unknown,
        motion: expect.objectContaining({ device: 'h1', value: 3, time: start + 4000 }) as unknown,
      },
    ])
  })

  it('goes by event time within the lateness', () => {
    const early = testPipeline(forced)
    early.send(at('h1', 'motion', 3, '4s'), at('h1', 'door', 1, '0s')).finish()
    expect(early.results('pattern-1')).toHaveLength(1)
    const late = testPipeline(forced)
    late
      .send(at('h1', 'motion', 3, '14s'))
      .send(at('h1', 'door', 1, '8s'))
      .finish()
    expect(late.results('pattern-1')).toHaveLength(0)
    expect(late.late).toBe(1)
  })

  it('tells of silence without any reading, and again only after another heartbeat', () => {
    const silent = readings.pattern(
      (p) => p.begin('last', isBeat).notFollowedBy('next', isBeat, { for: '5m' }),
      {
        by: 'device',
      },
    )
    const t = testPipeline(silent.alert('silent', { when: () => true }))
    for (let minute = 0; minute < 9; minute += 4) t.send(at('h1', 'beat', minute, `${minute}m`))
    t.send(at('h1', 'beat', 7.5, '450s'), at('h1', 'door', 1, '500s'))
    t.advance('5m')
    expect(t.alerts).toEqual([])
    // time goes on when a shard has been idle for 30 s, less the lateness
    t.advance('45s')
    expect(t.alerts).toMatchObject([{ rule: 'silent', time: Date.UTC(2027, 0) + 780_000 }])
    expect(t.results<{ last: { value: number } }>('pattern-1').map(({ last }) => last.value)).toEqual([8])
    t.advance('1h')
    expect(t.results('pattern-1')).toHaveLength(1)
  })

  it('gives partial matches whose time was up to timedOut, and hands matches to windows in time', () => {
    const t = testPipeline(
      forced
        .timedOut((partial) =>
          partial.map((m) => ({ value: m.door?.value, motion: m.motion })).emit('partials'),
        )
        .window(tumbling('10s'), { by: 'device', aggregate: { n: count() } })
        .emit('counts'),
    )
    t.send(at('h1', 'door', 1, '0s'), at('h1', 'motion', 1, '9s'), at('h1', 'door', 2, '12s'))
    t.send(at('h1', 'motion', 2, '23s'), at('h1', 'door', 3, '30s'), at('h1', 'motion', 3, '31s')).finish()
    expect(t.results('partials')).toEqual([{ value: 2, motion: undefined }])
    expect(t.results<{ n: number }>('counts').map(({ n }) => n)).toEqual([1, 1])
    expect(t.late).toBe(0)
  })

  it('keeps derived fields, and items that are no readings', () => {
    const define = <Item extends { twice: number }>(stage: Stage<Item>) =>
      stage.pattern((p) => p.begin('low', (r) => r.twice < 4).next('high', (r) => r.twice >= 4), {
        by: 'device',
        within: '10s',
      })
    const derived = readings.derive('twice', (r) => r.value * 2).derive('tags', () => ['a'])
    const mapped = derived.map((r) => ({ twice: r.twice, tags: r.tags }))
    for (const stage of [define(derived), define(mapped)]) {
      const t = testPipeline(stage)
      t.send(at('h1', 'beat', 1, '0s'), at('h1', 'beat', 1.5, '1s'), at('h1', 'beat', 7, '2s')).finish()
      expect(t.results('pattern-1')).toMatchObject([{ low: { twice: 3, tags: ['a'] }, high: { twice: 14 } }])
    }
  })

  it('gives an item up over which a condition throws, and goes on', () => {
    const wrong = readings.pattern(
      (p) =>
        p.begin('door', isDoor).followedBy('motion', isMotion, (r) => {
          if (r.value === 7) throw new Error('seven')
          return true
        }),
      { by: 'device', within: '10s' },
    )
    const t = testPipeline(wrong)
    t.send(at('h1', 'door', 1, '0s'), at('h1', 'motion', 7, '1s'), at('h1', 'motion', 8, '2s')).finish()
    expect(t.deadLetters).toMatchObject([{ stage: 'pattern-1', cause: 'Error: seven', item: { value: 7 } }])
    expect(t.results('pattern-1')).toMatchObject([{ motion: { value: 8 } }])
  })

  it('has types: names of steps become keys, lists for several, undefined for what may be missing', () => {
    const all = readings.keyBy('device').pattern(
      (p) =>
        p
          .begin('doors', isDoor, (r, m) => m.doors.every(({ value }) => value < r.value))
          .times(2, 3)
          .followedBy('motion', isMotion, (r, m) => m.doors[0].value < r.value && m.motion.length === 0)
          .optional()
          .followedBy({ beat: isBeat, again: isDoor })
          .notFollowedBy('quiet', isMotion, { given: (r, m) => r.value > (m.motion?.value ?? 0), for: '1m' }),
      { within: '1m', skip: { toLast: 'motion' } },
    )
    type Match = ItemOf<typeof all>
    expectTypeOf<Match['doors']>().toEqualTypeOf<readonly House[]>()
    expectTypeOf<Match['motion']>().toEqualTypeOf<House | undefined>()
    expectTypeOf<Match['beat' | 'again']>().toEqualTypeOf<House | undefined>()
    expectTypeOf<Match['start' | 'end']>().toEqualTypeOf<number>()
    expectTypeOf<Match['device']>().toEqualTypeOf<string>()
    // @ts-expect-error what must not come is not in the match
    all.map((m) => m.quiet as unknown)
    // @ts-expect-error no such step
    readings.pattern((p) => p.begin('a', isDoor), { by: 'device', skip: { toFirst: 'b' } })
    // @ts-expect-error the name is taken
    readings.pattern((p) => p.begin('a', isDoor).next('a', isDoor), { by: 'device', within: 1 })
    // @ts-expect-error a pattern doesn't end with notNext
    readings.pattern((p) => p.begin('a', isDoor).notNext('b', isDoor), { by: 'device', within: 1 })
    // @ts-expect-error no key
    readings.pattern((p) => p.begin('a', isDoor), { within: 1 })
    // @ts-expect-error no such metric
    readings.pattern((p) => p.begin('a', (r) => r.metric === 'window'), { by: 'device' })
    expect(planText(planOf(all.definition))).toContain(
      'by device, doors 2 to 3 times, then (motion), then beat or again, no quiet for 1m, within 1m, skip to the last motion',
    )
  })

  it.each([
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', isDoor).next('b', isDoor), { by: 'device' }),
      /within: undefined; allowed: how long/,
    ],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', isDoor).optional(), { by: 'device', within: 1 }),
      /an optional first step/,
    ],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', isDoor).oneOrMore(), { by: 'device', within: 1 }),
      /\.a: a last step of some times; allowed: times\(n\), or greedy/,
    ],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', isDoor).times(5, 2), { by: 'device', within: 1 }),
      /5 to 2 times/,
    ],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('device', isDoor), { by: 'device' }),
      /"device"; allowed: names that no part/,
    ],
    [(s: typeof readings) => s.pattern((p) => p.begin('a', isDoor), { by: 'region' }), /keys of one device/],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', 3 as never), { by: 'device' }),
      /steps\.0\.any\.0\.test: 3; allowed: a function/,
    ],
    [
      (s: typeof readings) => s.pattern((p) => p.begin('a', isDoor), { by: 'device', partials: { most: 0 } }),
      /partials\.most: 0; allowed: a whole number from 1/,
    ],
    [
      (s: typeof readings) =>
        s.pattern((p) => p.begin('a', isDoor).next('b', isDoor).optional().notFollowedBy('c', isBeat), {
          by: 'device',
          within: 1,
        }),
      /beside an optional/,
    ],
  ])('says what is wrong: %#', (build, fault) => {
    expect(() => build(readings).definition).toThrow(fault)
  })
})
