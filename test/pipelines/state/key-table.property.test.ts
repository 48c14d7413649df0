import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import type { ShardState } from '../../../src/pipelines/state/shard-state.ts'
import { ROW_WORDS } from '../../../src/pipelines/state/state.layout.ts'
import { Timers } from '../../../src/pipelines/state/timers.ts'

const REQUEST = { bytes: 64 * 65_536, whenFull: 'refuse-new', layout: 'table' } as const
const SHAPE = { words: 4, isEvictable: true }

const contents = (state: ShardState): Map<string, string> => {
  const table = state.table(3, SHAPE)
  return new Map(
    [...table.rows()].map((row) => [
      `${state.u32[row]}/${state.u32[row + 1]}`,
      `${table.textOf(row)}:${state.u32[row + ROW_WORDS]}`,
    ]),
  )
}

/** One random change to the table and to its model. */
function change(state: ShardState, model: Map<string, string>, random: () => number): void {
  const table = state.table(3, SHAPE)
  const low = Math.floor(random() * 300)
  const high = Math.floor(random() * 2) * 0xffffffff
  const key = `${low}/${high}`
  if (random() < 0.4) {
    const row = table.find(low, high)
    expect(row !== 0).toBe(model.has(key))
    if (row !== 0) table.remove(row)
    model.delete(key)
    return
  }
  const text = random() < 0.5 ? `kü-${key}` : undefined
  const row = table.findOrAdd(low, high, text)
  const before = model.get(key)
  expect(table.added).toBe(before === undefined)
  const value = Math.floor(random() * 1000)
  state.put(row + ROW_WORDS, value)
  model.set(key, `${before === undefined ? text : before.slice(0, before.lastIndexOf(':'))}:${value}`)
}

describe('KeyTable', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'is what a map is, whatever is committed, undone or left by the dead (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const { buffer } = PipelineState.reserve(REQUEST)
      let state = PipelineState.open(buffer, REQUEST).part(seed)
      let model = new Map<string, string>()
      for (let round = 0; round < 200; round++) {
        const tried = new Map(model)
        state.begin()
        for (let i = Math.floor(random() * 60); i >= 0; i--) change(state, tried, random)
        const end = random()
        if (end < 0.6) {
          state.commit()
          model = tried
        } else if (end < 0.8) state.rollback()
        else {
          state = PipelineState.open(buffer, REQUEST).part(seed)
          state.rollback()
        }
        expect(contents(state)).toEqual(model)
      }
    },
  )

  it('gives back all that was given out', () => {
    const pipeline = PipelineState.reserve(REQUEST)
    const state = pipeline.part(0)
    const table = state.table(0, SHAPE)
    state.begin()
    for (let i = 0; i < 500; i++) table.findOrAdd(i, 0, 'some text')
    for (let i = 0; i < 500; i++) table.remove(table.find(i, 0))
    state.commit()
    const { usedBytes, keys } = pipeline.figures()
    expect(keys).toBe(0)
    expect(usedBytes).toBe(4 * 2 * 1024)
  })
})

describe('Timers', () => {
  it.each([1, 2, 3, 4])('gives entries in the order of time, then of scheduling (seed %i)', (seed) => {
    const random = seededRandom(seed)
    const { buffer } = PipelineState.reserve(REQUEST)
    let state = PipelineState.open(buffer, REQUEST).part(64)
    let model: { entry: number; time: number }[] = []
    for (let round = 0, now = 0; round < 150; round++) {
      const timers = new Timers(state, 0)
      const tried = [...model]
      state.begin()
      for (let i = Math.floor(random() * 80); i >= 0; i--) {
        const time = now + Math.floor(random() * 20) / 2
        const entry = 1 + Math.floor(random() * 1e6)
        expect(timers.schedule(entry, time)).toBe(true)
        tried.push({ entry, time })
      }
      tried.sort((a, b) => a.time - b.time)
      expect(timers.earliest).toBe(tried[0].time)
      const until = now + random() * 5
      for (let entry = timers.take(until); entry !== 0; entry = timers.take(until)) {
        expect(entry).toBe(tried.shift()?.entry)
      }
      expect(tried.every(({ time }) => time > until)).toBe(true)
      if (random() < 0.3) {
        state = PipelineState.open(buffer, REQUEST).part(64)
        state.rollback()
        continue
      }
      state.commit()
      now = until
      model = tried
    }
  })
})
