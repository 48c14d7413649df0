import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { makeWindow } from '../../../src/pipelines/windows/make-window.ts'
import { AGGREGATES, expectSame, plainValues, Rig, stream } from './rig.ts'
import type { Given, Row } from './rig.ts'

const GAP = 300

interface Session {
  readonly key: number
  readonly rows: Row[]
  given: number
  isDirty: boolean
}

const first = ({ rows }: Session): number => Math.min(...rows.map(({ time }) => time))
const endOf = ({ rows }: Session): number => Math.max(...rows.map(({ time }) => time)) + GAP

class Model {
  readonly results: Given[] = []
  readonly late: Row[] = []
  readonly #allowed: number
  #sessions: Session[] = []

  constructor(allowed: number) {
    this.#allowed = allowed
  }

  take(rows: readonly Row[], watermark: number): void {
    for (const row of rows) {
      const near = this.#sessions.filter(
        (one) => one.key === row.key && first(one) - GAP < row.time && row.time < endOf(one),
      )
      if (near.length === 0 && row.time + GAP + this.#allowed <= watermark) {
        this.late.push(row)
        continue
      }
      const rowsOfAll = [...near.flatMap((one) => one.rows), row]
      const given = Math.max(0, ...near.map((one) => one.given))
      this.#sessions = this.#sessions.filter((one) => !near.includes(one))
      this.#sessions.push({ key: row.key, rows: rowsOfAll, given, isDirty: true })
    }
  }

  advance(watermark: number): void {
    for (const one of this.#sessions) {
      const end = endOf(one)
      if (!one.isDirty || end > watermark) continue
      const head = { key: one.key, start: first(one), end, revision: one.given++, early: false }
      this.results.push({ ...head, values: plainValues(one.rows) })
      one.isDirty = false
    }
    this.#sessions = this.#sessions.filter((one) => one.isDirty || endOf(one) + this.#allowed > watermark)
  }
}

function compare(allowed: number, seed: number, deaths: number): Rig {
  const random = seededRandom(seed)
  const chance = seededRandom(seed + 1000)
  const make = () =>
    makeWindow({
      node: 0,
      window: { type: 'session', gapMs: GAP },
      aggregates: AGGREGATES,
      allowedLatenessMs: allowed,
      earlyEveryMs: 0,
    })
  const rig = new Rig(make, () => chance() < deaths)
  const model = new Model(allowed)
  let [latest, watermark] = [-Infinity, -Infinity]
  const options = { slices: 120, keys: 12, disorderMs: 500, lateShare: 0.08, paceMs: 60 }
  for (const rows of stream(random, options)) {
    rig.take(rows, watermark)
    model.take(rows, watermark)
    latest = Math.max(latest, ...rows.map(({ time }) => time))
    watermark = latest - 500
    rig.advance(watermark, random() < 0.3 ? 3 : undefined)
    model.advance(watermark)
  }
  rig.advance(Infinity)
  model.advance(Infinity)
  expectSame(rig.results, model.results)
  expect(rig.late).toEqual(model.late)
  expect(rig.late.length).toBeGreaterThan(0)
  return rig
}

describe('session windows', { timeout: 60_000 }, () => {
  for (const allowed of [0, 1000]) {
    it.each([1, 2, 3, 4])(`are what joining all rows gives, ${allowed} ms allowed (seed %i)`, (seed) => {
      const rig = compare(allowed, seed, 0)
      expect(rig.usedBytes).toBeLessThan(20_000)
    })

    it.each([5, 6])(`give the same whenever a worker dies, ${allowed} ms allowed (seed %i)`, (seed) => {
      compare(allowed, seed, 0.03)
    })
  }

  it('give results before the end, unless these are left out for a while', () => {
    let isLeftOut = false
    const rig = new Rig(() =>
      makeWindow({
        ...{ node: 0, window: { type: 'session', gapMs: GAP }, aggregates: AGGREGATES, allowedLatenessMs: 0 },
        ...{ earlyEveryMs: 100, areEarlyLeftOut: () => isLeftOut },
      }),
    )
    const take = (time: number, watermark: number): void => {
      rig.take([{ key: 1, time, value: 1 }], watermark)
      rig.advance(time + 110)
    }
    take(0, -Infinity)
    isLeftOut = true
    take(120, 110)
    isLeftOut = false
    take(240, 230)
    isLeftOut = true
    rig.take([{ key: 1, time: 360, value: 1 }], 350)
    rig.advance(Infinity)
    const heads = rig.results.map(({ revision, early, values: [count] }) => ({ revision, early, count }))
    expect(heads).toEqual([
      { revision: 0, early: true, count: 1 },
      { revision: 1, early: true, count: 3 },
      { revision: 2, early: false, count: 4 },
    ])
  })
})
