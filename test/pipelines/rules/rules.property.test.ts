/** Rules against a plain model, series by series, on random readings. */
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import type { RuleCondition, RuleSpec } from '../../../src/pipelines/definition/rule-spec.ts'
import { rulesPipeline } from '../../../src/pipelines/rules/rules-pipeline.ts'
import { testPipeline, type TestReading } from '../../../src/testing/index.ts'

const START = Date.parse('2027-01-01T00:00:00Z')
const EVERYWHERE = { names: [], tiers: [], regions: [], tenants: [], attributes: {} }
const SQUARE = [
  [
    [
      [0, 0],
      [10, 0],
      [10, 10],
      [0, 10],
      [0, 0],
    ],
  ],
] as const

const ruleOf = (name: string, condition: RuleCondition, more: Partial<RuleSpec> = {}): RuleSpec => ({
  ...{ name, metrics: ['a'], devices: EVERYWHERE, condition, forMs: 0, severity: 'medium' },
  ...{ message: undefined, labels: {}, showsPending: false, silent: false, ...more },
})
const band = (above?: number, below?: number, hysteresis = 0) => ({ above, below, hysteresis })

const RULES: readonly RuleSpec[] = [
  ruleOf('high', { kind: 'threshold', ...band(80) }),
  ruleOf('higher', { kind: 'threshold', ...band(90, undefined, 25) }, { forMs: 5000 }),
  ruleOf('outside', { kind: 'threshold', ...band(85, 10, 5) }, { metrics: [], forMs: 12_000 }),
  ruleOf('strange', { kind: 'baseline', ...band(4, -4, 2) }),
  ruleOf('steep', { kind: 'rate', ...band(30, -40, 5), perMs: 1000, overMs: 1 }),
  ruleOf('steep-for-long', { kind: 'rate', ...band(2), perMs: 1000, overMs: 4000 }, { forMs: 6000 }),
  ruleOf('gone', { kind: 'missing', afterMs: 9000 }, { metrics: ['a', 'b'] }),
  ruleOf('stuck', { kind: 'flat', afterMs: 7000, within: 12 }),
  ruleOf('away', { kind: 'geofence', when: 'outside', area: SQUARE }, { metrics: [] }),
  ruleOf('some', { kind: 'threshold', ...band(50) }, { devices: { ...EVERYWHERE, names: ['d1', 'd2'] } }),
]

interface Told {
  readonly rule: string
  readonly key: string
  readonly time: number
  readonly clear: boolean
}

/** One rule on one series. */
class Model {
  readonly told: Told[] = []
  #since: number | undefined
  #isFiring = false
  #lastTold = 0
  #reference: { time: number; value: number } | undefined
  readonly rule: RuleSpec
  readonly key: string

  constructor(rule: RuleSpec, key: string) {
    this.rule = rule
    this.key = key
  }

  take({ value, at, score = 0, lat, lon }: TestReading): void {
    const time = Number(at)
    const { condition } = this.rule
    if (condition.kind === 'missing') {
      const due = (this.#reference?.time ?? Infinity) + condition.afterMs
      if (due <= time) this.#hear(due, true, false)
      this.#reference = { time, value }
      return this.#hear(time, false, true)
    }
    if (condition.kind === 'flat') {
      const before = this.#reference
      if (before !== undefined && Math.abs(value - before.value) <= condition.within)
        return time - before.time >= condition.afterMs
          ? this.#hear(time, true, false)
          : this.#hear(time, false, false)
      this.#reference = { time, value }
      return this.#hear(time, false, true)
    }
    if (condition.kind === 'geofence') {
      if (lat === undefined || lon === undefined) return
      const isOut = lat < 0 || lat > 10 || lon < 0 || lon > 10
      return this.#hear(time, isOut, !isOut)
    }
    if (condition.kind === 'composite') throw new Error('not in here')
    let x = condition.kind === 'baseline' ? score : value
    if (condition.kind === 'rate') {
      const before = this.#reference
      if (before !== undefined && time - before.time < condition.overMs) return
      this.#reference = { time, value }
      if (before === undefined) return
      x = ((value - before.value) / (time - before.time)) * condition.perMs
    }
    const { above = Infinity, below = -Infinity, hysteresis } = condition
    this.#hear(time, x > above || x < below, x <= above - hysteresis && x >= below + hysteresis)
  }

  end(): void {
    const { condition, forMs } = this.rule
    if (condition.kind === 'missing')
      this.#hear((this.#reference?.time ?? 0) + condition.afterMs, true, false)
    if (this.#since !== undefined) this.#due(this.#since + forMs)
  }

  #hear(time: number, holds: boolean, isOver: boolean): void {
    this.#due(time)
    if (this.#since === undefined) {
      if (!holds) return
      this.#since = time
      this.#due(time)
    } else if (!this.#isFiring) {
      if (!holds) this.#since = undefined
    } else if (isOver) {
      this.#tell(time, true)
      this.#since = undefined
      this.#isFiring = false
    } else if (holds && time >= this.#lastTold + 60_000) this.#tell(time, false)
  }

  #due(time: number): void {
    if (this.#since === undefined || this.#isFiring || time < this.#since + this.rule.forMs) return
    this.#isFiring = true
    this.#tell(this.#since + this.rule.forMs, false)
  }

  #tell(time: number, clear: boolean): void {
    if (!clear) this.#lastTold = time
    this.told.push({ rule: this.rule.name, key: this.key, time, clear })
  }
}

function randomReadings(random: () => number): TestReading[] {
  const readings: TestReading[] = []
  let time = START
  const level = new Map<string, number>()
  for (let i = 0; i < 1500; i++) {
    time += Math.floor(random() * (random() < 0.02 ? 15_000 : 400))
    const device = `d${Math.floor(random() * 5)}`
    const metric = random() < 0.7 ? 'a' : 'b'
    const jump = random() < 0.2 ? random() * 100 : (level.get(device + metric) ?? 50) + (random() - 0.5) * 10
    const value = Math.round(Math.min(100, Math.max(0, jump)))
    level.set(device + metric, value)
    const place = random() < 0.5 ? { lat: random() * 12 - 1, lon: random() * 12 - 1 } : {}
    readings.push({ device, metric, value, at: time, score: Math.round(random() * 12 - 6), ...place })
  }
  return readings
}

function modelled(readings: readonly TestReading[]): Told[] {
  const models = new Map<string, Model>()
  for (const reading of readings)
    for (const rule of RULES) {
      const { metrics, devices } = rule
      if (metrics.length > 0 && !metrics.includes(reading.metric)) continue
      if (devices.names.length > 0 && !devices.names.includes(reading.device)) continue
      const key = `${reading.device}/${reading.metric}`
      const name = `${rule.name} ${key}`
      const model = models.get(name) ?? new Model(rule, key)
      models.set(name, model)
      model.take(reading)
    }
  for (const model of models.values()) model.end()
  return [...models.values()].flatMap(({ told }) => told)
}

const inOrder = (told: readonly Told[]): string[] =>
  told
    .map(({ rule, key, time, clear }) => `${rule} ${key} ${time - START} ${clear ? 'over' : 'holds'}`)
    .sort()

describe('rules', () => {
  it.each([1, 2, 3, 4, 5, 6])('tell what a plain model tells (seed %i)', (seed) => {
    const readings = randomReadings(seededRandom(seed))
    const t = testPipeline(rulesPipeline({ name: 'rules', rules: RULES, stateBytes: 8 << 20 }), {
      start: START,
    })
    t.registry(Object.fromEntries(['d0', 'd1', 'd2', 'd3', 'd4'].map((name) => [name, {}])))
    for (let i = 0; i < readings.length; i += 1 + (i % 37)) t.send(readings.slice(i, i + 1 + (i % 37)))
    t.finish()
    const told = t.alerts.map(({ rule, key, time, clear }) => ({ rule, key, time, clear }))
    const want = modelled(readings)
    expect(inOrder(told)).toEqual(inOrder(want))
    expect(new Set(want.map(({ rule, clear }) => `${rule} ${clear}`)).size).toBeGreaterThan(16)
    expect(t.deadLetters).toEqual([])
  })
})
