import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { WindowSpec } from '../../../src/pipelines/definition/window-spec.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { makeWindow } from '../../../src/pipelines/windows/make-window.ts'
import type { WindowAggregate } from '../../../src/pipelines/windows/accumulators.ts'
import { AGGREGATES, expectSame, keyedRows, plainValues, Rig, SMALL_AGGREGATES, stream } from './rig.ts'
import type { Given, Row } from './rig.ts'

const make = (window: WindowSpec, aggregates: readonly WindowAggregate[] = AGGREGATES) =>
  makeWindow({ node: 0, window, aggregates, allowedLatenessMs: 0, earlyEveryMs: 0 })

const OPTIONS = { slices: 80, keys: 6, disorderMs: 300, lateShare: 0.05, paceMs: 40 }
const times = (rows: readonly Row[]) => rows.map(({ time }) => time)

/** Runs the window over a stream in which workers die, and gives each key's rows as they came. */
function run(window: WindowSpec, seed: number): { rig: Rig; keys: Map<number, Row[]>; watermarks: number[] } {
  const random = seededRandom(seed)
  const chance = seededRandom(seed + 500)
  const rig = new Rig(
    () => make(window),
    () => chance() < 0.02,
  )
  const keys = new Map<number, Row[]>()
  const watermarks: number[] = []
  let [latest, watermark] = [-Infinity, -Infinity]
  for (const rows of stream(random, OPTIONS)) {
    rig.take(rows, watermark)
    for (const row of rows) keys.set(row.key, [...(keys.get(row.key) ?? []), row])
    latest = Math.max(latest, ...times(rows))
    watermark = latest - 300
    watermarks.push(watermark)
    rig.advance(watermark, random() < 0.3 ? 4 : undefined)
  }
  rig.advance(Infinity)
  return { rig, keys, watermarks }
}

function byCount(keys: Map<number, Row[]>, count: number, every: number): Given[] {
  return [...keys].flatMap(([key, rows]) =>
    Array.from({ length: Math.floor(rows.length / every) }, (_, i) => {
      const end = (i + 1) * every
      const last = rows.slice(Math.max(0, end - count), end)
      const bounds = { start: Math.min(...times(last)), end: Math.max(...times(last)) }
      return { key, ...bounds, revision: 0, early: false, values: plainValues(last) }
    }),
  )
}

describe('count windows', () => {
  it.each([
    [10, 10, 1],
    [10, 4, 2],
    [3, 5, 3],
    [40, 2, 4],
    [25, 1, 5],
  ])('give the last %i items for every %i (seed %i)', (count, every, seed) => {
    const { rig, keys } = run({ type: 'count', count, every }, seed)
    expectSame(rig.results, byCount(keys, count, every))
  })
})

describe('global windows', () => {
  it.each([1, 2])('give everything for every so many items (seed %i)', (seed) => {
    const { rig, keys } = run({ type: 'global', everyCount: 7, everyMs: 0 }, seed)
    expectSame(rig.results, byCount(keys, Infinity, 7))
  })

  it.each([3, 4])(
    'give everything that came, for every span with rows, and by count beside (seed %i)',
    (seed) => {
      const { rig, keys } = run({ type: 'global', everyCount: 0, everyMs: 1000 }, seed)
      for (const [key, rows] of keys) {
        const results = rig.results.filter((result) => result.key === key)
        const counts = results.map(({ values }) => values[0])
        expect(counts).toEqual([...counts].sort((a, b) => a - b))
        expect(results.every(({ end }) => end % 1000 === 0)).toBe(true)
        expectSame(
          [{ ...results[results.length - 1], end: 0 }],
          [
            {
              key,
              start: Math.min(...times(rows)),
              end: 0,
              revision: 0,
              early: false,
              values: plainValues(rows),
            },
          ],
        )
      }
      const both = run({ type: 'global', everyCount: 7, everyMs: 1000 }, seed)
      expectSame(both.rig.results, [...rig.results, ...byCount(both.keys, Infinity, 7)])
    },
  )
})

describe('a window whose state is full', () => {
  it.each([
    ['evict-oldest', 'all', AGGREGATES],
    ['refuse-new', 'all', AGGREGATES],
    ['evict-oldest', 'small', SMALL_AGGREGATES],
    ['refuse-new', 'small', SMALL_AGGREGATES],
  ] as const)('goes on, and counts (%s, %s aggregates)', (whenFull, _, aggregates) => {
    const pipeline = PipelineState.reserve({ bytes: 1, whenFull, layout: 'w' })
    const state = pipeline.part(0)
    const window = make({ type: 'sliding', sizeMs: 3000, everyMs: 1000, offsetMs: 0 }, aggregates)
    const ends: number[] = []
    for (let i = 0; i < 300; i++) {
      const rows = Array.from({ length: 20 }, (_, j) => ({ key: i * 20 + j, time: i * 100, value: j }))
      window.take({ shard: 0, state, watermark: (i - 1) * 100 }, keyedRows(rows), () => expect.fail('late'))
      window.advance({ shard: 0, state, watermark: i * 100 }, ({ end, values: [count] }) => {
        expect(count).toBe(1)
        ends.push(end)
      })
    }
    const { evicted, refused, usedBytes } = pipeline.figures()
    expect(whenFull === 'evict-oldest' ? evicted : refused).toBeGreaterThan(0)
    expect(whenFull === 'evict-oldest' ? 0 : evicted).toBe(0)
    expect(usedBytes).toBeLessThanOrEqual(65_536)
    expect(ends.length).toBeGreaterThan(100)
    expect(ends).toEqual([...ends].sort((a, b) => a - b))
  })
})
