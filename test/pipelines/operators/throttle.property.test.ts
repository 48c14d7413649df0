import { describe, expect, it } from 'vitest'
import { Throttle } from '../../../src/pipelines/operators/throttle.ts'
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

const EVERY_MS = 100

const model =
  (count: number) =>
  (tell: Told): ModelStage => {
    const counts = new Map<string, number>()
    return {
      push(_input, { item, origin }, watermark) {
        const { key } = item as { readonly key: number }
        const place = `${key} ${Math.floor(Math.max(origin.time, watermark) / EVERY_MS)}`
        const before = counts.get(place) ?? 0
        if (before >= count) return
        counts.set(place, before + 1)
        tell({ item, origin })
      },
    }
  }

describe('Throttle', () => {
  for (let seed = 1; seed <= 18; seed++) {
    it(`lets as many pass as a model that forgets nothing, over broken slices (seed ${seed})`, () => {
      const slices = randomSlices(seed, {
        ...{
          slices: 80,
          keys: 1 + (seed % 5),
          inputs: 1,
          disorderMs: 500,
          latenessMs: seed % 3 === 0 ? 80 : 500,
        },
        item: (key) => ({ key }),
      })
      const count = seed % 4
      const make = () => driven(new Throttle({ count, everyMs: EVERY_MS }, byKey, 0))
      expect(runBroken(seed, slices, make)).toEqual(runModel(slices, model(count)))
    })
  }

  it('forgets keys whose interval is over', () => {
    const stage = new Throttle({ count: 1, everyMs: EVERY_MS }, byKey, 0)
    const scope = oneScope()
    for (let key = 0; key < 300; key++) given(stage, envelope({ key }, { time: key }), scope)
    const table = scope.state.table(0, { words: 6, isEvictable: true })
    stage.advance({ ...scope, watermark: 199 })
    expect(table.keys).toBe(200)
    stage.advance({ ...scope, watermark: 1000 })
    expect(table.keys).toBe(0)
  })
})
