import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import { makeCombinedWindow } from '../../../src/pipelines/windows/make-window.ts'
import type { CombinedWindow } from '../../../src/pipelines/windows/combined-window.ts'
import { AGGREGATES, expectSame, given, keyedRows, plainValues, stream } from './rig.ts'
import type { Given, Row } from './rig.ts'

const REQUEST = { bytes: 64 * 1024 * 1024, whenFull: 'refuse-new', layout: 'combined' } as const
const SHARDS = 4
const LATENESS = 500
const noneLate = (): void => expect.fail('nothing is late')

const make = (sizeMs: number, everyMs: number): CombinedWindow =>
  makeCombinedWindow({
    node: 1,
    window: { type: 'sliding', sizeMs, everyMs, offsetMs: 0 },
    aggregates: AGGREGATES,
    allowedLatenessMs: 0,
    earlyEveryMs: 0,
  })!

function expected(rows: readonly Row[], size: number, every: number): Given[] {
  const ends = new Map<string, { key: number; end: number }>()
  for (const { key, time } of rows) {
    for (let start = Math.floor(time / every) * every; start + size > time; start -= every) {
      ends.set(`${key} ${start}`, { key, end: start + size })
    }
  }
  return [...ends.values()].map(({ key, end }) => {
    const within = rows.filter((row) => row.key === key && row.time >= end - size && row.time < end)
    return { key, start: end - size, end, revision: 0, early: false, values: plainValues(within) }
  })
}

/** Shards that get rows by turns, one of them idle for a while; hands over twice now and then, as after a death. */
function run(size: number, every: number, seed: number): { found: Given[]; rows: Row[] } {
  const random = seededRandom(seed)
  const pipeline = PipelineState.reserve(REQUEST)
  let window = make(size, every)
  const [found, rows]: [Given[], Row[]] = [[], []]
  const watermarks = new Array<number>(SHARDS).fill(-Infinity)
  const combined = (watermark: number) => ({ shard: 64, state: pipeline.part(64), watermark })
  const advance = (least: number, before: number): void => {
    for (let shard = 0; shard < SHARDS; shard++) {
      const snapshot = pipeline.snapshot(shard)
      const scope = { shard, state: pipeline.part(shard), watermark: watermarks[shard] }
      while (!window.handOver(scope, combined(before), noneLate, 3));
      if (random() < 0.2) {
        pipeline.restore(shard, snapshot)
        window = make(size, every)
        window.handOver(scope, combined(before), noneLate)
      }
    }
    window.advance(combined(least), (result) => found.push(given(result)))
  }
  let least = -Infinity
  for (const slice of stream(random, {
    slices: 80,
    keys: 5,
    disorderMs: LATENESS,
    lateShare: 0,
    paceMs: 30,
  })) {
    rows.push(...slice)
    const latest = Math.max(...rows.map(({ time }) => time))
    for (let shard = 0; shard < SHARDS; shard++) {
      const mine = slice.filter(({ value }) => (value + 10) % SHARDS === shard)
      const scope = { shard, state: pipeline.part(shard), watermark: watermarks[shard] }
      window.take(scope, keyedRows(mine), () => expect.fail('no row is late'))
    }
    watermarks.fill(latest - LATENESS)
    advance(latest - LATENESS, least)
    least = latest - LATENESS
  }
  watermarks.fill(Infinity)
  advance(Infinity, least)
  return { found, rows }
}

describe('CombinedWindow', { timeout: 60_000 }, () => {
  it.each([
    [1000, 1000, 1],
    [1000, 1000, 2],
    [3000, 1000, 3],
    [4000, 400, 4],
  ])('puts what shards have together, once, for %i ms every %i ms (seed %i)', (size, every, seed) => {
    const { found, rows } = run(size, every, seed)
    expectSame(found, expected(rows, size, every))
  })

  it('says how many rows a shard has lost that wakes up when the window was given', () => {
    const pipeline = PipelineState.reserve(REQUEST)
    const window = make(1000, 1000)
    const scope = (shard: number, watermark: number) => ({ shard, state: pipeline.part(shard), watermark })
    const rowAt = (time: number): Row => ({ key: 1, time, value: 5 })
    const late: number[] = []
    const onLate = (rows: number): void => void late.push(rows)
    window.take(scope(0, -Infinity), keyedRows([rowAt(100)]), noneLate)
    window.take(scope(1, -Infinity), keyedRows([rowAt(200), rowAt(900), rowAt(2500)]), noneLate)
    window.handOver(scope(0, 1500), scope(64, -Infinity), noneLate)
    const found: Given[] = []
    window.advance(scope(64, 1500), (result) => found.push(given(result)))
    window.handOver(scope(1, 3000), scope(64, 1500), onLate)
    window.handOver(scope(1, 3000), scope(64, 1500), onLate)
    window.advance(scope(64, 3000), (result) => found.push(given(result)))
    expect(late).toEqual([2])
    expect(found.map(({ end, values }) => [end, values[0]])).toEqual([
      [1000, 1],
      [3000, 1],
    ])
  })

  it('refuses to be made of windows that shards have no share in', () => {
    const window = { type: 'count', count: 5, every: 5 } as const
    const options = { node: 0, window, aggregates: AGGREGATES, allowedLatenessMs: 0, earlyEveryMs: 0 }
    expect(makeCombinedWindow(options)).toBe(undefined)
  })
})
