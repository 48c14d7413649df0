import { describe, expect, it } from 'vitest'
import { Custom } from '../../../src/pipelines/operators/custom.ts'
import {
  byKey,
  driven,
  envelope,
  given,
  oneScope,
  randomSlices,
  runBroken,
  runModel,
  type ModelStage,
  type Told,
} from './stage.fixture.ts'

interface Item {
  readonly key: number
  readonly value: number
}

interface Seen {
  count: number
  least: number
  latest: { values: number[] }
}

const initial = (): Seen => ({ count: 0, least: Infinity, latest: { values: [] } })

/** Changes its state before it throws, lets parts of it out, and now and then changes nothing. */
function step({ value }: Item, state: Seen): unknown[] {
  if (value === 3) return []
  state.count++
  state.least = Math.min(state.least, value)
  state.latest.values = [...state.latest.values, value].slice(-3)
  if (value === 7) throw new Error('seven')
  return value % 2 === 0 ? [state.latest, state] : []
}

/** Keeps its states as objects, copied. */
function model(tell: Told): ModelStage {
  const states = new Map<number, Seen>()
  return {
    push(_input, { item, origin }) {
      const state = structuredClone(states.get((item as Item).key) ?? initial())
      try {
        const items = step(item as Item, state)
        states.set((item as Item).key, state)
        for (const [i, made] of items.entries())
          tell({ item: made, origin: { ...origin, id: `${origin.id}/${i}` } })
      } catch (error) {
        tell(`error: ${(error as Error).message}`)
      }
    },
  }
}

describe('Custom', () => {
  for (let seed = 1; seed <= 18; seed++) {
    it(`keeps each key's state as a model keeps it, over broken slices (seed ${seed})`, () => {
      const slices = randomSlices(seed, {
        ...{ slices: 60, keys: 1 + seed, inputs: 1, disorderMs: 100, latenessMs: 100 },
        item: (key, random) => ({ key, value: Math.floor(random() * 10) }),
      })
      const make = () => driven(new Custom({ initial, step }, byKey, 0))
      expect(runBroken(seed, slices, make)).toEqual(runModel(slices, model))
    })
  }

  it('keeps what the state was when the function returned, whatever becomes of the object', () => {
    const kept: Seen[] = []
    const stage = new Custom(
      {
        initial,
        step: (_item: Item, state: Seen) => {
          for (const earlier of kept) earlier.count = 1000
          kept.push(state)
          state.count++
          return [{ count: state.count }]
        },
      },
      byKey,
      0,
    )
    const scope = oneScope()
    const counts = [1, 2, 3].map(() => given(stage, envelope({ key: 1, value: 0 }), scope)[0].item)
    expect(counts).toEqual([{ count: 1 }, { count: 2 }, { count: 3 }])
  })

  it('refuses a state that would not come back as it is', () => {
    const bad: [unknown, string][] = [
      [{ at: new Date(0) }, 'state.at is a Date'],
      [{ seen: new Set() }, 'state.seen is a Set'],
      [{ list: [1, undefined] }, 'state.list[1] is undefined'],
      [{ list: [{ f: () => 1 }] }, 'state.list[0].f is a function'],
      [{ big: 1n }, 'state.big is a bigint'],
      [undefined, 'state is undefined'],
      [{ $number: '1' }, 'state has a field "$number"'],
    ]
    for (const [state, message] of bad) {
      const stage = new Custom({ initial: () => state, step: () => ['out'] }, byKey, 0)
      expect(() => given(stage, envelope({ key: 1 }), oneScope())).toThrow(message)
    }
  })

  it('gives nothing and keeps what was there when there is no room', () => {
    const step = ({ value }: Item, state: { text: string; n: number }): unknown[] => {
      state.text = 'x'.repeat(value)
      return [++state.n]
    }
    const stage = new Custom({ initial: () => ({ text: '', n: 0 }), step }, byKey, 0)
    const scope = oneScope(-Infinity, 1)
    const push = (value: number): unknown[] =>
      given(stage, envelope({ key: 1, value }), scope).map(({ item }) => item)
    expect(push(10)).toEqual([1])
    expect(() => push(100_000)).toThrow("no room for the key's state")
    expect(push(20)).toEqual([2])
  })
})
