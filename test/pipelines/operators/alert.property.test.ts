import { describe, expect, it } from 'vitest'
import type { ResultGuard } from '../../../src/pipelines/runtime/result-guard.ts'
import type { PipelineAlert } from '../../../src/pipelines/definition/outside.ts'
import { AlertStage, type AlertStageNode } from '../../../src/pipelines/operators/alert.ts'
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
  type ModelStage,
  type Told,
} from './stage.fixture.ts'

interface Item {
  readonly key: number
  readonly value: number
}

const node = (forMs: number, clear?: (item: Item) => boolean): AlertStageNode => ({
  id: 'alert-1',
  rule: 'too-warm',
  when: ({ value }: Item) => {
    if (value === 13) throw new Error('thirteen')
    return value > 8
  },
  clear,
  severity: 'high',
  message: ({ value }: Item) => `at ${value}`,
  forMs,
})

const nameOf = ({ item }: Envelope): string => `device-${(item as Item).key}`

/** One key's alert: nothing, waiting or raised. */
interface Kept {
  waiting: { since: number; subject: Envelope } | undefined
  latest: number
}

const model =
  ({ when, clear, forMs }: AlertStageNode) =>
  (tell: Told): ModelStage => {
    const keys = new Map<number, Kept>()
    const say = ({ item, origin }: Envelope, isClear: boolean, time = origin.time): void =>
      tell({ value: (item as Item).value, key: (item as Item).key, clear: isClear, time })
    const raise = (kept: Kept): void => {
      if (kept.waiting !== undefined) say(kept.waiting.subject, false, kept.waiting.since + forMs)
      kept.waiting = undefined
    }
    const goOn = (kept: Kept, subject: Envelope): void => {
      const { key } = subject.item as Item
      const { time } = subject.origin
      if (kept.waiting !== undefined && time >= kept.waiting.since + forMs) raise(kept)
      const holds = when(subject.item as never)
      if (kept.waiting !== undefined) {
        if (holds) Object.assign(kept, { latest: time, waiting: { ...kept.waiting, subject } })
        else keys.delete(key)
        return
      }
      const clears = !holds && (clear === undefined || clear(subject.item as never))
      if (holds || clears) say(subject, clears)
      if (clears) keys.delete(key)
      else kept.latest = time
    }
    return {
      push(_input, subject) {
        const { key, value } = subject.item as Item
        const { time } = subject.origin
        if (value === 13) return tell('error: thirteen')
        const kept = keys.get(key)
        if (kept !== undefined) {
          if (time >= kept.latest) goOn(kept, subject)
        } else if (when(subject.item as never)) {
          keys.set(key, { latest: time, waiting: forMs > 0 ? { since: time, subject } : undefined })
          if (forMs === 0) say(subject, false)
        }
      },
      advance(watermark) {
        const due = [...keys.values()].filter(({ waiting }) => waiting && waiting.since + forMs <= watermark)
        for (const kept of due.sort((a, b) => (a.waiting?.since ?? 0) - (b.waiting?.since ?? 0))) raise(kept)
      },
    }
  }

const brief = ({ value, key, clear, origin }: PipelineAlert): unknown => ({
  ...{ value, key: Number(key.replace('device-', '')), clear, time: origin.time },
})

/** Those due at the same moment come in an order that is nobody's business. */
const sorted = (told: unknown[]): string[] => told.map((one) => JSON.stringify(one)).sort()

const perKey = (told: unknown[]): Map<unknown, unknown[]> => {
  const keys = new Map<unknown, unknown[]>()
  for (const one of told) {
    const key = typeof one === 'string' ? one : (one as { key: number }).key
    keys.set(key, [...(keys.get(key) ?? []), one])
  }
  return keys
}

const rows = { words: 8, isEvictable: false }

describe('AlertStage', () => {
  for (let seed = 1; seed <= 24; seed++) {
    const stageNode = node([0, 40, 300][seed % 3], seed % 2 === 0 ? ({ value }) => value < 6 : undefined)
    it(`raises, updates and clears as a model does, over broken slices (seed ${seed})`, () => {
      const slices = randomSlices(seed, {
        ...{
          slices: 80,
          keys: 1 + (seed % 7),
          inputs: 1,
          disorderMs: 100,
          latenessMs: seed % 4 === 0 ? 20 : 100,
        },
        item: (key, random) => ({ key, value: Math.floor(random() * (random() < 0.5 ? 14 : 60)) }),
      })
      const make = (tell: Told) =>
        driven(new AlertStage(stageNode, byKey, nameOf, { alert: (alert) => tell(brief(alert)) }, 0))
      const told = runBroken(seed, slices, make)
      const expected = runModel(slices, model(stageNode))
      expect(perKey(told)).toEqual(perKey(expected))
      expect(sorted(told)).toEqual(sorted(expected))
    })
  }

  it('says when it begins to wait and when that was for nothing, if it is asked to', () => {
    const told: string[] = []
    const stageNode = { ...node(50), showsPending: true, labels: { team: 'cold' } }
    const alert = ({ clear, pending, labels, origin }: PipelineAlert): void =>
      void told.push(`${pending ? 'pending ' : ''}${clear ? 'end' : 'begin'} ${origin.time} ${labels?.team}`)
    const stage = new AlertStage(stageNode, byKey, nameOf, { alert }, 0)
    const scope = oneScope()
    for (const [time, value] of [
      [10, 9],
      [20, 10],
      [30, 1],
      [40, 9],
      [95, 10],
      [96, 1],
    ])
      given(stage, envelope({ key: 1, value }, { time }), scope)
    expect(told).toEqual([
      ...['pending begin 10 cold', 'pending end 30 cold', 'pending begin 40 cold'],
      ...['begin 90 cold', 'begin 95 cold', 'end 96 cold'],
    ])
  })

  it('raises one whose message is given up with another, and keeps that before it goes on', () => {
    const told: string[] = []
    const calls: string[] = []
    const guard: ResultGuard = {
      beginResult: (_shard, stage, { group, time }) => {
        calls.push(`${stage} ${time}`)
        return group?.low !== byKey(envelope({ key: 1 })).low
      },
      isSuspecting: () => false,
      beginRest: () => void calls.push('rest'),
      end: () => void calls.push('end'),
      cause: () => 'it ended 3 workers',
    }
    const alert = ({ message }: PipelineAlert): void => void told.push(message)
    const stage = new AlertStage(node(50), byKey, nameOf, { alert }, 4, guard)
    const scope = { ...oneScope(), watermark: 100 }
    given(stage, envelope({ key: 1, value: 9 }, { time: 10 }), scope)
    given(stage, envelope({ key: 2, value: 9 }, { time: 20 }), scope)
    expect(stage.advance(scope)).toBe(true)
    expect(told).toEqual(['too-warm: device-1 (its message failed: it ended 3 workers)'])
    expect(stage.advance(scope)).toBe(false)
    expect(told.slice(1)).toEqual(['at 9'])
    expect(calls).toEqual(['4 60', 'rest', '4 70', 'end', 'rest'])
  })

  it('says the same, of items in order, however the watermark moves', () => {
    const stageNode = node(50, ({ value }) => value < 6)
    const slices = randomSlices(5, {
      ...{ slices: 100, keys: 3, inputs: 1, disorderMs: 0, latenessMs: 0 },
      item: (key, random) => ({ key, value: Math.floor(random() * 12) }),
    })
    const make = (tell: Told) =>
      driven(new AlertStage(stageNode, byKey, nameOf, { alert: (alert) => tell(brief(alert)) }, 0))
    const last = (advances: boolean) =>
      slices.map((slice, i) => ({ ...slice, advances: advances || i === 99 }))
    const often = perKey(runBroken(1, last(true), make))
    expect([...often.values()].flat().length).toBeGreaterThan(20)
    expect(perKey(runBroken(2, last(false), make))).toEqual(often)
  })

  function stageWith(stageNode: AlertStageNode, bytes?: number) {
    const alerts: PipelineAlert[] = []
    const scope = oneScope(-Infinity, bytes)
    const stage = new AlertStage(stageNode, byKey, nameOf, { alert: (alert) => void alerts.push(alert) }, 0)
    const push = (time: number, value: number): void =>
      void given(stage, envelope({ key: 1, value }, { time, id: `r${time}` }), scope)
    return { alerts, scope, stage, push }
  }

  it('says what, about whom and when', () => {
    const { alerts, push } = stageWith(node(0))
    push(5, 9)
    expect(alerts).toEqual([
      {
        ...{ node: 'alert-1', rule: 'too-warm', key: 'device-1', clear: false, severity: 'high' },
        ...{ message: 'at 9', value: 9, origin: envelope({}, { time: 5, id: 'r5' }).origin },
      },
    ])
  })

  it('is raised by the watermark at the moment it was due, with the last item before it', () => {
    const { alerts, scope, stage, push } = stageWith(node(100))
    push(0, 9)
    push(60, 10)
    stage.advance({ ...scope, watermark: 99 })
    expect(alerts).toEqual([])
    stage.advance({ ...scope, watermark: 5000 })
    stage.advance({ ...scope, watermark: 6000 })
    expect(alerts).toMatchObject([{ message: 'at 10', origin: { time: 100, id: 'r60' } }])
  })

  it('keeps nothing of keys that are well', () => {
    const { scope, push } = stageWith(node(100))
    const { keys: before } = scope.state.table(0, rows)
    push(0, 9)
    push(50, 2)
    push(60, 9)
    push(200, 9)
    push(210, 2)
    expect([before, scope.state.table(0, rows).keys]).toEqual([0, 0])
  })

  it('is raised without its message when that fails', () => {
    const message = (): never => {
      throw new Error('no message')
    }
    const { alerts, push } = stageWith({ ...node(0), message })
    push(0, 9)
    expect(alerts[0].message).toBe('too-warm: device-1 (its message failed: Error: no message)')
  })

  it('changes nothing when clear throws', () => {
    const { alerts, push } = stageWith(
      node(0, ({ value }) => {
        if (value === 7) throw new Error('seven')
        return value < 6
      }),
    )
    push(0, 9)
    expect(() => push(10, 7)).toThrow('seven')
    push(20, 5)
    expect(alerts.map(({ clear }) => clear)).toEqual([false, true])
  })

  it('raises thousands that are due at once, in as many steps as the undo log needs', () => {
    const { alerts, scope, stage } = stageWith(node(100), 1024 * 1024 * 1024)
    const keys = 20_000
    for (let key = 0; key < keys; key++) {
      given(stage, envelope({ key, value: 9 }, { time: 0 }), scope)
      if (key % 256 !== 0) continue
      scope.state.commit()
      scope.state.begin()
    }
    for (let step = 0; step < 20 && alerts.length < keys; step++) {
      scope.state.commit()
      scope.state.begin()
      stage.advance({ ...scope, watermark: 1000 })
    }
    expect(new Set(alerts.map(({ key }) => key)).size).toBe(keys)
    expect(alerts).toHaveLength(keys)
  })
})
