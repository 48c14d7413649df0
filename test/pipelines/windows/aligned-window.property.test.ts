import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { makeWindow } from '../../../src/pipelines/windows/make-window.ts'
import { AGGREGATES, expectSame, plainValues, Rig, SMALL_AGGREGATES, stream } from './rig.ts'
import type { Given, Row } from './rig.ts'
import type { WindowAggregate } from '../../../src/pipelines/windows/accumulators.ts'

interface Case {
  readonly size: number
  readonly every: number
  readonly offset: number
  readonly allowed: number
}

/** All rows of each key, and which windows are still to be given: looked through from the start for each result. */
class Model {
  readonly results: Given[] = []
  readonly late: Row[] = []
  readonly #case: Case
  readonly #rows = new Map<number, Row[]>()
  readonly #pending = new Map<string, { key: number; end: number }>()
  readonly #given = new Map<string, number>()

  constructor(shape: Case) {
    this.#case = shape
  }

  take(rows: readonly Row[], watermark: number): void {
    for (const row of rows) {
      const ends = this.#endsOf(row.time)
      const open = ends.filter((end) => end + this.#case.allowed > watermark)
      if (open.length > 0) this.#keep(row)
      else if (ends.length > 0) this.late.push(row)
      for (const end of open) this.#pending.set(`${row.key} ${end}`, { key: row.key, end })
    }
  }

  advance(watermark: number): void {
    for (const [id, { key, end }] of this.#pending) {
      if (end > watermark) continue
      this.#pending.delete(id)
      const start = end - this.#case.size
      const rows = this.#rows.get(key)!.filter(({ time }) => time >= start && time < end)
      const revision = this.#given.get(id) ?? 0
      this.#given.set(id, revision + 1)
      this.results.push({ key, start, end, revision, early: false, values: plainValues(rows) })
    }
  }

  #keep(row: Row): void {
    const rows = this.#rows.get(row.key)
    if (rows === undefined) this.#rows.set(row.key, [row])
    else rows.push(row)
  }

  #endsOf(time: number): number[] {
    const { size, every, offset } = this.#case
    const ends: number[] = []
    const first = offset + Math.floor((time - offset) / every) * every
    for (let start = first; start + size > time; start -= every) ends.push(start + size)
    return ends
  }
}

const windowOf = (
  { size, every, offset, allowed }: Case,
  {
    earlyEveryMs = 0,
    aggregates = AGGREGATES,
    areEarlyLeftOut,
  }: { earlyEveryMs?: number; aggregates?: WindowAggregate[]; areEarlyLeftOut?: () => boolean } = {},
) =>
  makeWindow({
    node: 2,
    window: { type: 'sliding', sizeMs: size, everyMs: every, offsetMs: offset },
    aggregates,
    allowedLatenessMs: allowed,
    earlyEveryMs,
    areEarlyLeftOut,
  })

const CASES: Case[] = [
  { size: 1000, every: 1000, offset: 0, allowed: 0 },
  { size: 1000, every: 1000, offset: 300, allowed: 2500 },
  { size: 3000, every: 1000, offset: 0, allowed: 0 },
  { size: 3000, every: 1000, offset: 100, allowed: 3000 },
  { size: 5000, every: 2000, offset: 0, allowed: 0 },
  { size: 5000, every: 2000, offset: 0, allowed: 1500 },
  { size: 6000, every: 200, offset: 0, allowed: 0 },
  { size: 6000, every: 200, offset: 0, allowed: 1000 },
  { size: 400, every: 1000, offset: 0, allowed: 0 },
]

function compare(shape: Case, seed: number, deaths: number, keys = 8, aggregates = AGGREGATES): Rig {
  const random = seededRandom(seed)
  const chance = seededRandom(seed + 1000)
  const rig = new Rig(
    () => windowOf(shape, { aggregates }),
    () => chance() < deaths,
  )
  const model = new Model(shape)
  let latest = -Infinity
  let watermark = -Infinity
  const options = { slices: 120, keys, disorderMs: 700, lateShare: 0.05, paceMs: 40 }
  for (const rows of stream(random, options)) {
    rig.take(rows, watermark)
    model.take(rows, watermark)
    latest = Math.max(latest, ...rows.map(({ time }) => time))
    watermark = latest - 700
    rig.advance(watermark, random() < 0.3 ? 5 : undefined)
    model.advance(watermark)
  }
  rig.advance(Infinity)
  model.advance(Infinity)
  expectSame(rig.results, model.results)
  expect(rig.late).toEqual(model.late)
  return rig
}

describe('tumbling and sliding windows', { timeout: 60_000 }, () => {
  for (const shape of CASES) {
    it.each([1, 2, 3])(
      `are what looking through all rows gives: ${JSON.stringify(shape)} (seed %i)`,
      (seed) => {
        const rig = compare(shape, seed, 0)
        expect(rig.usedBytes).toBeLessThan(20_000)
      },
    )

    it(`give the same whenever a worker dies: ${JSON.stringify(shape)}`, () => {
      compare(shape, 4, 0.03)
    })
  }

  it.each([8, 9])('also lose none of many keys that hardly get rows (seed %i)', (seed) => {
    const shape = { size: 3000, every: 1000, offset: 100, allowed: 3000 }
    compare(shape, seed, 0, 40)
    compare(shape, seed, 0.03, 40)
  })

  it('give early results, and then the one that stays', () => {
    const rig = new Rig(() =>
      windowOf({ size: 1000, every: 1000, offset: 0, allowed: 0 }, { earlyEveryMs: 200 }),
    )
    rig.take([{ key: 1, time: 100, value: 5 }], -Infinity)
    rig.advance(250)
    rig.advance(450)
    rig.take([{ key: 1, time: 480, value: 7 }], 450)
    rig.advance(700)
    rig.advance(1000)
    const heads = rig.results.map(({ revision, early, values: [count, sum] }) => ({
      revision,
      early,
      count,
      sum,
    }))
    expect(heads).toEqual([
      { revision: 0, early: true, count: 1, sum: 5 },
      { revision: 1, early: true, count: 2, sum: 12 },
      { revision: 2, early: false, count: 2, sum: 12 },
    ])
  })

  it('leave early results out for a while, and none of the last ones', () => {
    let isLeftOut = false
    const rig = new Rig(() =>
      windowOf(
        { size: 1000, every: 1000, offset: 0, allowed: 0 },
        { earlyEveryMs: 200, areEarlyLeftOut: () => isLeftOut },
      ),
    )
    rig.take([{ key: 1, time: 100, value: 5 }], -Infinity)
    isLeftOut = true
    rig.advance(250)
    rig.take([{ key: 1, time: 300, value: 7 }], 250)
    rig.advance(650)
    expect(rig.results).toEqual([])
    isLeftOut = false
    rig.take([{ key: 1, time: 660, value: 1 }], 650)
    rig.advance(850)
    isLeftOut = true
    rig.take([{ key: 1, time: 870, value: 1 }], 850)
    rig.advance(1000)
    const heads = rig.results.map(({ revision, early, values: [count] }) => ({ revision, early, count }))
    expect(heads).toEqual([
      { revision: 0, early: true, count: 3 },
      { revision: 1, early: false, count: 4 },
    ])
  })
})

describe(
  'the same of few panes over small aggregates, which are given along columns',
  { timeout: 60_000 },
  () => {
    for (const shape of CASES.filter(({ allowed, size }) => allowed === 0 && size < 6000)) {
      it.each([1, 2])(
        `are what looking through all rows gives: ${JSON.stringify(shape)} (seed %i)`,
        (seed) => {
          const rig = compare(shape, seed, 0, 8, SMALL_AGGREGATES)
          expect(rig.usedBytes).toBeLessThan(20_000)
          compare(shape, seed, 0, 300, SMALL_AGGREGATES)
        },
      )

      it(`give the same whenever a worker dies: ${JSON.stringify(shape)}`, () => {
        compare(shape, 4, 0.03, 8, SMALL_AGGREGATES)
        compare(shape, 5, 0.01, 300, SMALL_AGGREGATES)
      })
    }
  },
)
