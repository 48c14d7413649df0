import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { PatternNode } from '../../../src/pipelines/definition/definition.ts'
import type { PatternStep } from '../../../src/pipelines/definition/pattern-spec.ts'
import { compilePipeline } from '../../../src/pipelines/compiler/compile.ts'
import { lookup, type Row } from '../compiler/rig.ts'
import { bruteForce } from './brute-force.ts'
import { definitionOf, runPattern } from './rig.ts'

interface Valued {
  readonly value: number
}
const is =
  (value: number) =>
  (r: Valued): boolean =>
    r.value === value

const take = (name: string, test: (r: Valued) => boolean): PatternStep => ({
  ...{
    kind: 'take',
    after: 'followed-by',
    any: [{ name, test: test, given: undefined }],
    least: 1,
    most: 1,
  },
  ...{ isOptional: false, isGreedy: false, isConsecutive: false, isList: false },
})
const absent = (name: string, test: (r: Valued) => boolean, forMs: number): PatternStep => ({
  ...{ kind: 'not', after: 'followed-by', name, test: test, given: undefined, forMs },
})
const pair = { steps: [take('a', is(1)), take('b', is(2))], withinMs: 1000 }

const rows = (values: readonly number[]): Row[] =>
  values.map((value, index) => ({ device: 1, time: 1000 + index, value }))

const firsts = (pattern: Partial<PatternNode>, values: readonly number[]): unknown[] =>
  runPattern(definitionOf({ ...pair, ...pattern }), rows(values))
    .given.filter(({ node }) => node === 'matches')
    .map(({ item }) => (item.a as { time: number }).time)

describe('the state of a pattern', () => {
  it('has so many partial matches of a key: the oldest gives way, or no new one begins', () => {
    const values = [1, 1, 1, 1, 2]
    expect(firsts({ partials: { most: 2, whenFull: 'drop-oldest' } }, values)).toEqual([1002, 1003])
    expect(firsts({ partials: { most: 2, whenFull: 'refuse-new' } }, values)).toEqual([1000, 1001])
    const figures = (whenFull: 'drop-oldest' | 'refuse-new') =>
      runPattern(definitionOf({ ...pair, partials: { most: 2, whenFull } }), rows(values)).state.figures()
    expect(figures('drop-oldest')).toMatchObject({ evicted: 2, refused: 0 })
    expect(figures('refuse-new')).toMatchObject({ evicted: 0, refused: 2 })
  })

  it('is given back when keys are quiet', () => {
    const many = Array.from({ length: 2000 }, (_, i) => ({
      device: 1 + (i % 200),
      time: 1000 + i,
      value: 1 + (i % 3),
    }))
    const { state, given } = runPattern(definitionOf(pair), many)
    expect(given.length).toBeGreaterThan(400)
    expect(state.figures().keys).toBe(0)
    const again = runPattern(definitionOf(pair), [
      ...many,
      ...many.map((row) => ({ ...row, time: row.time + 1e6 })),
    ])
    expect(again.state.figures().usedBytes).toBe(state.figures().usedBytes)
  })

  it('makes room for new keys when it is full', () => {
    const many = Array.from({ length: 30_000 }, (_, i) => ({
      device: 1 + i,
      time: 1000 + Math.floor(i / 1000),
      value: 1,
    }))
    const { state } = runPattern(definitionOf({ ...pair, withinMs: 1e9 }, 2 ** 22), many)
    expect(state.figures().evicted + state.figures().refused).toBeGreaterThan(1000)
  })

  it('is taken over by the same steps with other conditions, while readings wait and matches are half done', () => {
    const changed = definitionOf({ ...pair, steps: [take('a', is(1)), take('b', is(3))] })
    const before = definitionOf(pair)
    const layout = (one: typeof changed): string => compilePipeline(one, lookup).fingerprint.structure
    expect(layout(changed)).toBe(layout(before))
    // slices of 31: the first is the old one's
    const values = [1, ...Array.from({ length: 30 }, () => 0), 2, 3]
    const { given } = runPattern(before, rows(values), undefined, changed)
    expect(given.map(({ item }) => item)).toMatchObject([{ a: { time: 1000 }, b: { value: 3, time: 1032 } }])
  })

  it('counts what comes too late, and leaves it aside', () => {
    const { late, given } = runPattern(definitionOf(pair), [
      ...rows(Array.from({ length: 31 }, () => 0)),
      ...[{ device: 1, time: 5000, value: 1 }],
      ...Array.from({ length: 31 }, () => ({ device: 1, time: 4000, value: 1 })),
      ...[{ device: 1, time: 5001, value: 2 }],
    ])
    expect(given.filter(({ node }) => node === 'matches')).toHaveLength(1)
    expect(late).toBe(1)
  })

  it('moves heartbeats as if each were a partial match of its own', () => {
    let silent = 0
    for (let seed = 1; seed <= 10 || silent < 20; seed++) {
      const random = seededRandom(seed)
      const beats: (Row & { readonly time: number; readonly value: number })[] = []
      for (let i = 0, time = 1_000_000; i < 300; i++) {
        time += Math.floor(random() * (random() < 0.05 ? 400 : 30))
        beats.push({
          device: 1 + Math.floor(random() * 3),
          time: time - Math.floor(random() * 100),
          value: i,
        })
      }
      const beat = (): boolean => true
      const steps = [take('a', beat), absent('b', beat, 150)]
      const pattern = { steps, withinMs: 1e6, skip: { to: 'past-last' } } as const
      const { given, late } = runPattern(definitionOf(pattern), beats, random)
      if (late > 0) continue
      for (let device = 1; device <= 3; device++) {
        const own = beats.filter((row) => row.device === device).sort((a, b) => a.time - b.time)
        const wanted = bruteForce(pattern, own).map(({ taken, at }) => [own[taken[0].index].time, at])
        const found = given.filter(({ item }) => item.device === `d${device}`)
        const told = found.map(({ item }) => [(item.a as { time: number }).time, item.end])
        expect(told, `seed ${seed}, device ${device}`).toEqual(wanted)
        silent += wanted.length
      }
    }
  })
})
