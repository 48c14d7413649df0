import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { aggregateOf } from '../../../src/pipelines/aggregates/aggregate-of.ts'
import { isPair, type Aggregate, type ValueRun } from '../../../src/pipelines/aggregates/aggregate.ts'
import type { AggregateSpec } from '../../../src/pipelines/definition/aggregate-spec.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { tableArena } from '../../../src/pipelines/windows/arena.ts'

interface Point {
  readonly value: number
  readonly time: number
}

const spec = (type: string, more: object = {}): AggregateSpec =>
  ({ type, input: 'value', metric: undefined, ...more }) as AggregateSpec

const sum = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0)
const mean = (all: readonly number[]): number => sum(all) / all.length
const squares = (all: readonly number[]): number => sum(all.map((one) => (one - mean(all)) ** 2))
const values = (points: readonly Point[]): number[] => points.map(({ value }) => value)
const sorted = (points: readonly Point[]): number[] => values(points).sort((a, b) => a - b)
const inTime = (points: readonly Point[]): Point[] =>
  [...points].sort((a, b) => a.time - b.time || a.value - b.value)

function timeWeighted(points: readonly Point[]): number {
  const all = inTime(points)
  const parts = all.slice(1).map((point, i) => all[i].value * (point.time - all[i].time))
  return sum(parts) / (all[all.length - 1].time - all[0].time)
}

function slope(points: readonly Point[]): number {
  const times = points.map(({ time }) => time / 1000)
  const products = sum(
    points.map(({ value }, i) => (times[i] - mean(times)) * (value - mean(values(points)))),
  )
  return products / squares(times)
}

function decayed(points: readonly Point[]): number {
  const latest = Math.max(...points.map(({ time }) => time))
  const weights = points.map(({ time }) => 2 ** ((time - latest) / 5000))
  return sum(points.map(({ value }, i) => value * weights[i])) / sum(weights)
}

function rate(points: readonly Point[]): number {
  const all = inTime(points)
  const [first, last] = [all[0], all[all.length - 1]]
  return (last.value - first.value) / ((last.time - first.time) / 1000)
}

type Plain = (points: readonly Point[]) => number
const PLAIN: readonly (readonly [AggregateSpec, Plain, number])[] = [
  [spec('count'), (points) => points.length, 0],
  [spec('sum'), (points) => sum(values(points)), 1e-9],
  [spec('mean'), (points) => mean(values(points)), 1e-9],
  [spec('variance'), (points) => squares(values(points)) / (points.length - 1), 1e-9],
  [spec('deviation'), (points) => Math.sqrt(squares(values(points)) / (points.length - 1)), 1e-9],
  [spec('min'), (points) => Math.min(...values(points)), 0],
  [spec('max'), (points) => Math.max(...values(points)), 0],
  [spec('range'), (points) => Math.max(...values(points)) - Math.min(...values(points)), 0],
  [spec('first'), (points) => inTime(points)[0].value, 0],
  [spec('last'), (points) => inTime(points)[points.length - 1].value, 0],
  [spec('rate'), rate, 1e-9],
  [spec('trend'), slope, 1e-6],
  [spec('time-weighted-mean'), timeWeighted, 1e-9],
  [spec('exponential-mean', { halfLifeMs: 5000 }), decayed, 1e-9],
  [spec('quantile', { q: 0.99 }), (points) => sorted(points)[Math.floor(0.99 * (points.length - 1))], 0.004],
  [spec('quantile', { q: 0.5 }), (points) => sorted(points)[Math.floor(0.5 * (points.length - 1))], 0.004],
  [spec('quantile', { q: 0 }), (points) => sorted(points)[0], 0.004],
]

function arena() {
  const state = PipelineState.reserve({ bytes: 64 * 2 ** 22, whenFull: 'refuse-new', layout: '' }).part(0)
  return tableArena(state, state.table(0, { words: 2, isEvictable: true }))
}

/** The points in runs of time, each run shuffled within a little disorder, merged in the order of time. */
function merged(what: AggregateSpec, points: readonly Point[], random: () => number): unknown {
  const aggregate = aggregateOf(what)
  if (isPair(aggregate)) throw new Error('pairs have tests of their own')
  const home = arena()
  const into = home.allocate(aggregate.words)
  let from = 0
  while (from < points.length) {
    const until = Math.min(points.length, from + 1 + Math.floor(random() * 200))
    const run = points.slice(from, until).map((point, i) => ({ point, place: i + random() * 10 }))
    const at = home.allocate(aggregate.words)
    for (const { point } of run.sort((a, b) => a.place - b.place))
      aggregate.add(home, at, point.value, point.time)
    aggregate.merge(home, into, home, at)
    from = until
  }
  return aggregate.result(home, into)
}

function points(random: () => number, scale: number): Point[] {
  let time = 1.7e12
  const number = (): number =>
    random() < 0.05 ? 0 : (random() - 0.3) * scale * 10 ** Math.floor(random() * 4)
  return Array.from({ length: 1000 }, () => ({
    value: number(),
    time: (time += 1 + Math.floor(random() * 100)),
  }))
}

describe('aggregates', { timeout: 60_000 }, () => {
  it.each(PLAIN)('of runs that are merged are those of all values: %j', (what, plain, tolerance) => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = seededRandom(seed)
      const all = points(random, seed % 2 === 0 ? 1e-3 : 50)
      const [found, right] = [merged(what, all, random) as number, plain(all)]
      const error = Math.abs(found - right)
      expect(
        error <= tolerance * Math.abs(right) + 1e-12 ? 'right' : `seed ${seed}: ${found}, not ${right}`,
      ).toBe('right')
    }
  })

  const runs = [...PLAIN.map(([what]) => what), spec('distinct')].filter((what) => {
    const aggregate = aggregateOf(what)
    return !isPair(aggregate) && aggregate.addRun !== undefined
  })
  it.each(runs)('take a run as they take its values one by one, and give it back: %j', (what) => {
    const aggregate = aggregateOf(what) as Aggregate
    const random = seededRandom(11)
    const state = PipelineState.reserve({ bytes: 64 * 2 ** 22, whenFull: 'refuse-new', layout: '' }).part(0)
    const home = tableArena(state, state.table(0, { words: 2, isEvictable: true }))
    const [one, other] = [home.allocate(aggregate.words), home.allocate(aggregate.words)]
    const add = (at: number, run: ValueRun, count: number): void => {
      state.save(at, aggregate.words)
      aggregate.addRun?.(home, at, run, count)
    }
    for (let round = 0; round < 200; round++) {
      const f64 = Float64Array.from(points(random, 50).slice(0, 600), ({ value }) => value)
      const run = { f64, u32: new Uint32Array(f64.buffer) }
      const count = 1 + Math.floor(random() ** 3 * 599)
      for (let k = 0; k < count; k++) aggregate.add(home, one, f64[k], k)
      state.begin()
      add(other, run, count)
      if (random() < 0.3) {
        state.rollback()
        state.begin()
        add(other, run, count)
      }
      state.commit()
      expect(aggregate.result(home, other)).toBe(aggregate.result(home, one))
    }
  })

  it('lose nothing that small values add to a large sum', () => {
    const all = [1e16, 1, 1, 1, 1, -1e16].map((value, time) => ({ value, time }))
    expect(merged(spec('sum'), all, () => 0)).toBe(4)
  })

  it('count different values exactly while they are few, and within 5 % when they are many', () => {
    const random = seededRandom(7)
    for (const different of [1, 30, 190, 5000, 100_000]) {
      const all = Array.from({ length: 2 * different }, (_, time) => ({
        value: (time % different) * 0.5,
        time,
      }))
      const found = merged(spec('distinct'), all, random) as number
      expect(Math.abs(found - different)).toBeLessThanOrEqual(different < 190 ? 0 : 0.05 * different)
    }
  })

  it('find the values that are frequent', () => {
    const random = seededRandom(8)
    const all = Array.from({ length: 5000 }, (_, time) => ({ value: Math.floor(random() ** 4 * 500), time }))
    const found = merged(spec('top', { k: 3 }), all, random) as {
      value: number
      count: number
      error: number
    }[]
    expect(found.map(({ value }) => value)).toEqual([0, 1, 2])
    found.forEach(({ value, count, error }) => {
      const right = all.filter((point) => point.value === value).length
      expect(count >= right && count - error <= right).toBe(true)
    })
  })

  it('count what lies between bounds', () => {
    const all = [-5, 0, 0.5, 1, 7, 10, 10].map((value, time) => ({ value, time }))
    expect(merged(spec('histogram', { bounds: [0, 1, 10] }), all, () => 0)).toEqual([1, 2, 2, 2])
  })

  it('say what two values have in common that come at the same time, in one item or two', () => {
    const regression = aggregateOf(spec('regression'))
    const correlation = aggregateOf(spec('correlation'))
    if (!isPair(regression) || !isPair(correlation)) throw new Error('not pairs')
    const home = arena()
    const [a, b] = [home.allocate(regression.words), home.allocate(regression.words)]
    for (let time = 0; time < 300; time++) {
      const half = time < 150 ? a : b
      if (time % 3 === 0) regression.addPair(home, half, time, 3 * time + 2, time)
      else {
        regression.addPair(home, half, time, NaN, time)
        regression.addPair(home, time === 149 ? b : half, NaN, 3 * time + 2, time)
      }
    }
    regression.merge(home, a, home, b)
    const { slope, intercept, count } = regression.result(home, a) as Record<string, number>
    expect(count).toBe(300)
    expect(slope).toBeCloseTo(3, 9)
    expect(intercept).toBeCloseTo(2, 6)
    expect(correlation.result(home, a)).toBeCloseTo(1, 9)
  })
})
