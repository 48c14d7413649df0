import { describe, expect, it } from 'vitest'
import { IntervalJoin } from '../../../src/pipelines/operators/interval-join.ts'
import type { Envelope } from '../../../src/pipelines/runtime/operator.ts'
import { PART_USED } from '../../../src/pipelines/state/state.layout.ts'
import {
  byKey,
  envelope,
  oneScope,
  randomSlices,
  runBroken,
  runModel,
  type Driven,
  type ModelStage,
  type Told,
} from './stage.fixture.ts'

interface Sided {
  readonly key: number
  readonly from: number
}

const REACHES = [
  { afterMs: 0, untilMs: 0 },
  { afterMs: -50, untilMs: 50 },
  { afterMs: 20, untilMs: 200 },
  { afterMs: -200, untilMs: -30 },
]

const join = (left: Sided, right: Sided): unknown => {
  if (left.from + right.from === 7) throw new Error('seven')
  return { left, right }
}

function stageOf(reach: (typeof REACHES)[number]): Driven {
  const stage = new IntervalJoin({ ...reach, join }, { left: byKey, right: byKey }, 0)
  return {
    push: (input, item, scope, out) => stage.inputs[input].push(item, scope, out),
    advance: (scope) => stage.advance(scope),
  }
}

/** Compares each item with all that came before it. */
const model =
  ({ afterMs, untilMs }: (typeof REACHES)[number]) =>
  (tell: Told): ModelStage => {
    const sides: Envelope[][] = [[], []]
    /** Until when the watermark leaves an item of this side. */
    const wanted = [untilMs, -afterMs]
    const meets = (left: Envelope, right: Envelope): boolean => {
      const apart = right.origin.time - left.origin.time
      return (left.item as Sided).key === (right.item as Sided).key && apart >= afterMs && apart <= untilMs
    }
    return {
      push(input, own, watermark) {
        const pairs = sides[1 - input]
          .filter(({ origin }) => origin.time + wanted[1 - input] >= watermark)
          .map((other) => (input === 0 ? ([own, other] as const) : ([other, own] as const)))
          .filter(([left, right]) => meets(left, right))
          .sort((a, b) => a[1 - input].origin.time - b[1 - input].origin.time)
        try {
          const items = pairs.map(([left, right]) => join(left.item as Sided, right.item as Sided))
          sides[input].push(own)
          for (const [index, [left, right]] of pairs.entries()) {
            const time = Math.max(left.origin.time, right.origin.time)
            const id = `${left.origin.id}+${right.origin.id}`
            tell({ item: items[index], origin: { ...left.origin, time, id } })
          }
        } catch (error) {
          tell(`error: ${(error as Error).message}`)
        }
      },
    }
  }

describe('IntervalJoin', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const reach = REACHES[seed % REACHES.length]
    it(`makes the pairs that comparing all with all makes, over broken slices (seed ${seed})`, () => {
      const slices = randomSlices(seed, {
        ...{
          slices: 60,
          keys: 1 + (seed % 6),
          inputs: 2,
          disorderMs: 300,
          latenessMs: seed % 3 === 0 ? 60 : 300,
        },
        item: (key, random) => ({ key, from: Math.floor(random() * 50), lat: NaN }),
      })
      const told = runModel(slices, model(reach))
      expect(runBroken(seed, slices, () => stageOf(reach))).toEqual(told)
    })
  }

  it('forgets items that nothing can meet any more', () => {
    const stage = new IntervalJoin({ afterMs: 0, untilMs: 10, join }, { left: byKey, right: byKey }, 0)
    const scope = oneScope()
    stage.advance(scope)
    // the stage has opened it: the shape is its own
    const table = scope.state.table(0, { words: 8, isEvictable: true })
    const used: number[] = []
    for (const begin of [0, 1000]) {
      for (let time = begin; time < begin + 100; time++)
        for (const input of stage.inputs)
          input.push(envelope({ key: time, from: 0 }, { time }), scope, () => {})
      expect(table.keys).toBe(100)
      stage.advance({ ...scope, watermark: begin + 60 })
      expect(table.keys).toBe(50)
      stage.advance({ ...scope, watermark: begin + 1000 })
      expect(table.keys).toBe(0)
      used.push(scope.state.u32[PART_USED])
    }
    expect(used[1]).toBe(used[0])
  })

  it('says what an item has that can not be kept, and keeps nothing of it', () => {
    const stage = new IntervalJoin({ afterMs: 0, untilMs: 10, join }, { left: byKey, right: byKey }, 0)
    const scope = oneScope()
    const push = (): void =>
      stage.inputs[0].push(envelope({ key: 1, from: 0, at: { day: new Date(0) } }), scope, () => {})
    expect(push).toThrow('what the join keeps.item.at.day is a Date; what is kept must be plain data')
    expect(scope.state.table(0, { words: 8, isEvictable: true }).keys).toBe(0)
  })
})
