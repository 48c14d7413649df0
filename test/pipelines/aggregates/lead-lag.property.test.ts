import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { leadLag } from '../../../src/pipelines/aggregates/lead-lag.ts'
import { leadLag as over, pipeline, tumbling } from '../../../src/index.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { tableArena } from '../../../src/pipelines/windows/arena.ts'
import { testPipeline } from '../../../src/testing/index.ts'

const STEP = 1000
const MAX_LAG = 20_000

interface Point {
  readonly x: number
  readonly y: number
  readonly time: number
}

function arena() {
  const state = PipelineState.reserve({ bytes: 64 * 2 ** 20, whenFull: 'refuse-new', layout: '' }).part(0)
  return tableArena(state, state.table(0, { words: 2, isEvictable: true }))
}

/** y is x of `lag` bins before, and noise; x and y come apart, out of order, some not at all. */
function pointsOf(random: () => number, lag: number): Point[] {
  const walk: number[] = []
  for (let i = 0, level = 0; i < 200; i++) walk.push((level = 0.8 * level + random() - 0.5))
  const start = 1.7e12 + Math.floor(random() * 1e6)
  const points = walk.flatMap((_, i): Point[] => {
    const time = start + i * STEP + Math.floor(random() * STEP)
    const past = walk.at(i - lag)
    return [
      ...(random() < 0.95 ? [{ x: walk[i], y: NaN, time }] : []),
      ...(past !== undefined && i >= lag && i - lag < 200 && random() < 0.95
        ? [{ x: NaN, y: past + 0.1 * (random() - 0.5), time }]
        : []),
    ]
  })
  return points
    .map((point) => ({ point, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ point }) => point)
}

const mean = (all: readonly number[]): number => all.reduce((sum, one) => sum + one, 0) / all.length

function plain(points: readonly Point[]): { lagMs: number; r: number } {
  const bins = (of: (point: Point) => number): Map<number, number> => {
    const found = new Map<number, number[]>()
    for (const point of points)
      if (!Number.isNaN(of(point))) {
        const bin = Math.floor(point.time / STEP)
        found.set(bin, [...(found.get(bin) ?? []), of(point)])
      }
    return new Map([...found].map(([bin, values]) => [bin, mean(values)]))
  }
  const [xs, ys] = [bins(({ x }) => x), bins(({ y }) => y)]
  let best = { lagMs: NaN, r: NaN }
  for (let lag = -MAX_LAG / STEP; lag <= MAX_LAG / STEP; lag++) {
    const pairs = [...xs].flatMap(([bin, x]) => (ys.has(bin + lag) ? [[x, ys.get(bin + lag)!] as const] : []))
    if (pairs.length < 3) continue
    const [mx, my] = [mean(pairs.map(([x]) => x)), mean(pairs.map(([, y]) => y))]
    const sum = (of: (x: number, y: number) => number): number =>
      pairs.reduce((all, [x, y]) => all + of(x - mx, y - my), 0)
    const r = sum((x, y) => x * y) / Math.sqrt(sum((x) => x * x) * sum((_, y) => y * y))
    if (!(Math.abs(r) <= Math.abs(best.r))) best = { lagMs: lag * STEP, r }
  }
  return best
}

describe('leadLag', () => {
  it('finds the lag that a plain search finds, over panes that are merged', () => {
    const random = seededRandom(5)
    const aggregate = leadLag(STEP, MAX_LAG)
    const home = arena()
    for (let round = 0; round < 40; round++) {
      const planted = Math.floor(random() * 31) - 15
      const points = pointsOf(random, planted)
      const into = home.allocate(aggregate.words)
      for (let from = 0; from < points.length;) {
        const at = home.allocate(aggregate.words)
        const until = from + 1 + Math.floor(random() * 200)
        for (const { x, y, time } of points.slice(from, until)) aggregate.addPair(home, at, x, y, time)
        aggregate.merge(home, into, home, at)
        aggregate.dispose?.(home, at)
        home.release(at, aggregate.words)
        from = until
      }
      const found = aggregate.result(home, into) as { lagMs: number; r: number }
      const want = plain(points)
      expect(found.lagMs).toBe(want.lagMs)
      expect(found.r).toBeCloseTo(want.r, 9)
      expect(found.lagMs).toBe(planted * STEP)
      aggregate.dispose?.(home, into)
      home.release(into, aggregate.words)
    }
  })

  it('says nothing where there is too little, and leaves aside what is too far away', () => {
    const aggregate = leadLag(STEP, MAX_LAG)
    const home = arena()
    const at = home.allocate(aggregate.words)
    expect(aggregate.result(home, at)).toEqual({ lagMs: NaN, r: NaN })
    for (let i = 0; i < 5; i++) aggregate.addPair(home, at, i, -i, i * STEP)
    aggregate.addPair(home, at, 7, 7, 1e9)
    expect(aggregate.result(home, at)).toMatchObject({ lagMs: 0, r: expect.closeTo(-1) as number })
  })

  it('is an aggregate of a window, over two metrics', () => {
    const t = testPipeline(
      pipeline('lag').window(tumbling('5m'), {
        by: 'device',
        aggregate: { lag: over({ metric: 'valve' }, { metric: 'flow' }, { step: '5s', maxLag: '1m' }) },
      }),
    )
    const opened = (i: number): number => (i * i * 7) % 23
    for (let i = 0; i < 60; i++) {
      t.send({ device: 'a', metric: 'valve', value: opened(i), at: `${5 * i}s` })
      if (i >= 3) t.send({ device: 'a', metric: 'flow', value: 2 * opened(i - 3) + 1, at: `${5 * i}s` })
    }
    t.finish()
    expect(t.results('window-1')).toMatchObject([
      { device: 'a', lag: { lagMs: 15_000, r: expect.closeTo(1) as number } },
    ])
  })
})
