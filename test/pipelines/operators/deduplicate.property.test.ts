import { describe, expect, it } from 'vitest'
import { Deduplicate } from '../../../src/pipelines/operators/deduplicate.ts'
import type { Envelope } from '../../../src/pipelines/runtime/operator.ts'
import {
  byKey,
  driven,
  envelope,
  given,
  oneScope,
  randomSlices,
  runBroken,
  runModel,
  SHARD,
  type ModelStage,
  type Told,
} from './stage.fixture.ts'

const WITHIN_MS = 60

/** Remembers everything, and asks only after what the watermark has not left behind. */
function model(tell: Told): ModelStage {
  const passed = new Map<number, number[]>()
  return {
    push(_input, { item, origin }, watermark) {
      const { key } = item as { readonly key: number }
      const { time } = origin
      const times = passed.get(key) ?? []
      const known = times.filter((other) => other + WITHIN_MS >= watermark)
      if (known.some((other) => Math.abs(time - other) <= WITHIN_MS)) return
      passed.set(key, [...times, time])
      tell({ item, origin })
    },
  }
}

describe('Deduplicate', () => {
  for (let seed = 1; seed <= 18; seed++) {
    it(`passes what a model passes that compares with all before, over broken slices (seed ${seed})`, () => {
      const slices = randomSlices(seed, {
        ...{
          slices: 80,
          keys: 1 + (seed % 40),
          inputs: 1,
          disorderMs: 400,
          latenessMs: seed % 3 === 0 ? 50 : 400,
        },
        item: (key) => ({ key }),
      })
      const make = () => driven(new Deduplicate({ withinMs: WITHIN_MS }, byKey, 0))
      expect(runBroken(seed, slices, make)).toEqual(runModel(slices, model))
    })
  }

  it('forgets keys that the watermark has left behind', () => {
    const stage = new Deduplicate({ withinMs: WITHIN_MS }, byKey, 0)
    const scope = oneScope()
    for (let key = 0; key < 400; key++) given(stage, envelope({ key }, { time: key }), scope)
    const table = scope.state.table(0, { words: 6, isEvictable: true })
    expect(table.keys).toBe(400)
    stage.advance({ ...scope, watermark: 200 + WITHIN_MS })
    expect(table.keys).toBe(200)
    stage.advance({ ...scope, watermark: Infinity })
    expect(table.keys).toBe(0)
  })

  it('lets old keys give way when its memory is full', () => {
    const stage = new Deduplicate({ withinMs: WITHIN_MS }, byKey, 0)
    const scope = oneScope(-Infinity, 1)
    const push = (item: Envelope): number => given(stage, item, scope).length
    for (let key = 0; key < 5000; key++) {
      expect(push(envelope({ key }, { time: 0 }))).toBe(1)
      expect(push(envelope({ key }, { time: 0 }))).toBe(0)
      scope.state.commit()
      scope.state.begin()
    }
    expect(scope.state.table(0, { words: 6, isEvictable: true }).keys).toBeLessThan(5000)
    expect(scope.shard).toBe(SHARD)
  })
})
