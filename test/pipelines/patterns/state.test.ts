import { describe, expect, it } from 'vitest'
import { type Random, seededRandom } from '../../../src/core/random.ts'
import type {
  AlertNode,
  PatternNode,
  PipelineDefinition,
} from '../../../src/pipelines/definition/definition.ts'
import type { PatternStep } from '../../../src/pipelines/definition/pattern-spec.ts'
import { compilePipeline } from '../../../src/pipelines/compiler/compile.ts'
import { lookup, REGIONS, type Row } from '../compiler/rig.ts'
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

  // other places when the state was brought back
  const placeOf = ({ device = 0, metric }: Row, restored: number): number =>
    (7 * device + (metric === 'door' ? 101 : 0) + 53 * restored) % 300
  it.each([
    ['by key, and their readings are looked at', false, undefined],
    ['by key, and only their times are looked at', true, undefined],
    ['by series, and their readings are looked at', false, placeOf],
    ['by series, and only their times are looked at', true, placeOf],
  ])('moves heartbeats as if each were a partial match of its own: %s', (_, isTimes, slotOf) => {
    let silent = 0
    for (let seed = 1; seed <= 10 || silent < 20; seed++) {
      const random = seededRandom(seed)
      const beats = randomBeats(random)
      const beat = (): boolean => true
      const steps = [take('a', beat), absent('b', beat, 150)]
      const pattern = { steps, withinMs: 1e6, skip: { to: 'past-last' } } as const
      const definition = isTimes ? alertOf(definitionOf(pattern)) : definitionOf(pattern)
      const { given, late } = runPattern(definition, beats, random, definition, slotOf)
      if (late > 0) continue
      for (let device = 1; device <= 3; device++) {
        const own = beats.filter((row) => row.device === device).sort((a, b) => a.time - b.time)
        const wanted = bruteForce(pattern, own).map(({ taken, at }) => [own[taken[0].index], at] as const)
        const told = given.filter(({ origin }) => origin.device === device)
        expect(
          told.map(({ item, origin: { region, time } }) => [item.message ?? item.a, region, time]),
          `seed ${seed}, device ${device}`,
        ).toEqual(
          wanted.map(([{ time, value, metric, region }, at]) => [
            isTimes
              ? `${time} to ${at}`
              : expect.objectContaining({ time, value, metric, region: REGIONS[region] }),
            ...[region, at],
          ]),
        )
        silent += wanted.length
      }
    }
  })

  it('keeps the times of heartbeats alone where only alerts that never name the step are behind it', () => {
    const beat = (): boolean => true
    const pattern = definitionOf({ steps: [take('a', beat), absent('b', beat, 150)] })
    const isTimes = (definition: PipelineDefinition): boolean =>
      compilePipeline(definition, lookup).patterns.get('pattern')!.beatsAreTimes
    expect(isTimes(pattern)).toBe(false)
    expect(isTimes(alertOf(pattern))).toBe(true)
    expect(isTimes(alertOf(pattern, (m) => `${m.a.value}`))).toBe(false)
    expect(isTimes(alertOf(pattern, (m) => JSON.stringify(m)))).toBe(false)
    const structure = (definition: PipelineDefinition): string =>
      compilePipeline(definition, lookup).fingerprint.structure
    // what isn't kept can't be taken over
    expect(structure(alertOf(pattern))).not.toBe(structure(alertOf(pattern, (m) => `${m.a.value}`)))
  })
})

interface Silence {
  readonly a: Valued
  readonly start: number
  readonly end: number
}

/** With nothing behind the pattern but an alert. */
function alertOf(
  definition: PipelineDefinition,
  message: (m: Silence) => string = (m) => `${m.start} to ${m.end}`,
): PipelineDefinition {
  const nodes = definition.nodes.filter(({ kind }) => kind === 'pattern')
  const alert: AlertNode = {
    ...{ kind: 'alert', id: 'alerts', inputs: ['pattern'], policy: nodes[0].policy, rule: 'silent' },
    ...{ when: () => true, clear: undefined, severity: 'high', message, forMs: 0 },
  }
  return { ...definition, nodes: [...nodes, alert] }
}

interface Beat extends Row {
  readonly time: number
  readonly value: number
  readonly region: number
}

/** Of three devices with two series each, now and then with a longer pause; one that has no whole number for its time. */
function randomBeats(random: Random): Beat[] {
  const beats: Beat[] = []
  for (let i = 0, time = 1_000_000; i < 300; i++) {
    time += Math.floor(random() * (random() < 0.05 ? 400 : 30))
    beats.push({
      device: 1 + Math.floor(random() * 3),
      metric: random() < 0.7 ? 'temperature' : 'door',
      time: time - Math.floor(random() * 100) + (random() < 0.02 ? 0.5 : 0),
      value: i,
      region: Math.floor(random() * 3),
    })
  }
  // of two at once either is the last
  const seen = new Set<string>()
  const isNew = ({ device, time }: Beat): boolean => {
    const name = `${device} ${time}`
    return !seen.has(name) && seen.add(name) !== undefined
  }
  return beats.filter(isNew)
}
