import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { PipelineState } from '../../../src/pipelines/state/pipeline-state.ts'
import type { PlaceTable } from '../../../src/pipelines/state/place-table.ts'
import type { ShardState } from '../../../src/pipelines/state/shard-state.ts'

const REQUEST = { bytes: 64 * 65_536, whenFull: 'refuse-new', layout: 'places' } as const
const LONE = (): void => undefined

interface Key {
  readonly low: number
  readonly high: number
  readonly text: string | undefined
}

/** Numbers of the keys, in their order. */
function find(table: PlaceTable, keys: readonly Key[]): number[] {
  const rows = {
    count: keys.length,
    keyLow: Uint32Array.from(keys, ({ low }) => low),
    keyHigh: Uint32Array.from(keys, ({ high }) => high),
    keyText: keys.map(({ text }) => text),
  }
  const numbers = new Int32Array(keys.length)
  table.findAll(rows, Int32Array.from(keys.keys()), keys.length, numbers)
  return [...numbers]
}

const nameOf = ({ low, high }: Pick<Key, 'low' | 'high'>): string => `${low}/${high}`

function keyAt(state: ShardState, table: PlaceTable, place: number): Key {
  const at = table.keyAt(place)
  return { low: state.u32[at], high: state.u32[at + 1], text: table.textAt(place) }
}

/** Some keys are looked for, and others removed; the model says which there are, and their numbers. */
function change(state: ShardState, model: Map<string, number>, random: () => number): void {
  const table = state.places(3, LONE)
  for (const number of model.values()) if (random() < 0.1) table.remove(number - 1)
  for (const [name, number] of model) {
    const [low, high] = name.split('/').map(Number)
    if (!table.isNumberOf(number, low, high)) model.delete(name)
  }
  const keys = Array.from({ length: Math.floor(random() * 60) }, () => {
    const low = Math.floor(random() * 300)
    const high = Math.floor(random() * 2) * 0xffffffff
    return { low, high, text: low % 2 === 0 ? `kü-${low}/${high}` : undefined }
  })
  find(table, keys).forEach((number, i) => {
    const known = model.get(nameOf(keys[i]))
    if (known === undefined) expect([...model.values()]).not.toContain(number)
    else expect(number).toBe(known)
    model.set(nameOf(keys[i]), number)
    expect(keyAt(state, table, number - 1)).toEqual(keys[i])
  })
}

function expectSame(state: ShardState, model: ReadonlyMap<string, number>): void {
  const table = state.places(3, LONE)
  expect(table.keys).toBe(model.size)
  for (const [name, number] of model) expect(nameOf(keyAt(state, table, number - 1))).toBe(name)
  const most = Math.max(0, ...model.values())
  expect(table.places).toBeGreaterThanOrEqual(most)
}

describe('PlaceTable', () => {
  it.each([1, 2, 3, 4, 5, 6])(
    'gives each key a number of its own, whatever is committed, undone or left by the dead (seed %i)',
    (seed) => {
      const random = seededRandom(seed)
      const { buffer } = PipelineState.reserve(REQUEST)
      let state = PipelineState.open(buffer, REQUEST).part(seed)
      let model = new Map<string, number>()
      for (let round = 0; round < 150; round++) {
        const tried = new Map(model)
        state.begin()
        change(state, tried, random)
        const end = random()
        if (end < 0.6) {
          state.commit()
          model = tried
        } else if (end < 0.8) state.rollback()
        else {
          state = PipelineState.open(buffer, REQUEST).part(seed)
          state.rollback()
        }
        expectSame(state, model)
      }
    },
  )

  it('uses the numbers again of keys that have gone', () => {
    const state = PipelineState.reserve(REQUEST).part(0)
    const table = state.places(0, LONE)
    const keys = Array.from({ length: 100 }, (_, low) => ({ low, high: 0, text: undefined }))
    for (let round = 0; round < 5; round++) {
      const numbers = find(table, keys)
      expect(new Set(numbers).size).toBe(100)
      for (const number of numbers) table.remove(number - 1)
    }
    expect(table.places).toBe(100)
    expect(table.keys).toBe(0)
  })

  it('lets keys go that were quiet longest, and none that the open transaction uses', () => {
    const request = { bytes: 1, whenFull: 'evict-oldest', layout: 'places' } as const
    const pipeline = PipelineState.reserve(request)
    const state = pipeline.part(0)
    const forgotten: number[] = []
    const table = state.places(0, (place) => forgotten.push(place))
    const key = (low: number): Key => ({ low, high: 0, text: 'x'.repeat(200) })
    let count = 0
    while (forgotten.length === 0) {
      state.begin()
      find(table, [key(0)])
      find(table, [key(++count)])
      state.commit()
    }
    expect(forgotten).not.toContain(0)
    expect(pipeline.figures().evicted).toBe(forgotten.length)
    expect(table.keys).toBe(count + 1 - forgotten.length)
    state.begin()
    const all = find(
      table,
      Array.from({ length: 2 * count }, (_, low) => key(low)),
    )
    state.commit()
    const had = all.filter((number) => number > 0)
    expect(had.length).toBeLessThan(all.length)
    expect(new Set(had).size).toBe(had.length)
  })
})
