import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import { openBook } from './open-book.ts'

const MAX_OPEN = 4
const HISTORY = 3

interface Model {
  readonly open: Map<string, { count: number; peak: number; startsAt: number }>
  readonly closed: string[]
  raised: number
  notOpened: number
}

class Book {
  readonly told = new Map<string, Alert>()
  readonly alerts = openBook(undefined, { maxOpen: MAX_OPEN, history: HISTORY }).book

  constructor() {
    this.alerts.subscribe((alert, change) => {
      const key = `${alert.rule} ${alert.series}`
      expect(this.told.has(key)).toBe(change !== 'raised')
      if (change === 'resolved') this.told.delete(key)
      else this.told.set(key, alert)
    })
  }

  check(model: Model): void {
    const { open, raised, notOpened } = this.alerts.counts
    expect([open, raised, notOpened]).toEqual([model.open.size, model.raised, model.notOpened])
    const firing = this.alerts.recent(100, 'firing')
    expect(new Set(firing)).toEqual(new Set(this.told.values()))
    for (const alert of firing) {
      expect(model.open.get(`${alert.rule} ${alert.series}`)).toEqual({
        count: alert.count,
        peak: alert.peak,
        startsAt: alert.startsAt,
      })
      expect(alert.endsAt).toBeNull()
    }
    const resolved = this.alerts.recent(100, 'resolved')
    expect(resolved.map((alert) => `${alert.rule} ${alert.series}`).sort()).toEqual(
      model.closed.slice(-HISTORY).sort(),
    )
    for (const alert of resolved) expect(alert.endsAt).toBeGreaterThanOrEqual(alert.startsAt)
  }
}

class RaiseIt implements fc.Command<Model, Book> {
  constructor(
    readonly rule: string,
    readonly series: bigint,
    readonly time: number,
    readonly score: number,
  ) {}

  check = (): boolean => true

  run(model: Model, { alerts }: Book): void {
    const { rule, series, time, score } = this
    const key = `${rule} ${series}`
    const open = model.open.get(key)
    if (open !== undefined) {
      open.count++
      open.peak = Math.max(open.peak, Math.abs(score))
    } else if (model.open.size < MAX_OPEN) {
      model.open.set(key, { count: 1, peak: Math.abs(score), startsAt: time })
      model.raised++
    } else {
      model.notOpened++
    }
    const raised = alerts.raise({
      rule,
      series,
      time,
      score,
      value: 1,
      region: '',
      severity: 'low',
      message: '',
    })
    expect(raised?.count).toBe(model.open.get(key)?.count)
  }

  toString = (): string => `raise ${this.rule} ${this.series} @${this.time} score ${this.score}`
}

class ClearIt implements fc.Command<Model, Book> {
  constructor(
    readonly rule: string,
    readonly series: bigint,
    readonly time: number,
  ) {}

  check = (): boolean => true

  run(model: Model, { alerts }: Book): void {
    const key = `${this.rule} ${this.series}`
    const wasOpen = model.open.delete(key)
    if (wasOpen) model.closed.push(key)
    expect(alerts.clear({ rule: this.rule, series: this.series, time: this.time }) !== undefined).toBe(
      wasOpen,
    )
  }

  toString = (): string => `clear ${this.rule} ${this.series} @${this.time}`
}

class Compare implements fc.Command<Model, Book> {
  check = (): boolean => true
  run = (model: Model, book: Book): void => book.check(model)
  toString = (): string => 'compare'
}

const rule = fc.constantFrom('anomaly', 'custom')
const series = fc.bigInt(0n, 3n)
const time = fc.nat(1000)
const score = fc.integer({ min: -50, max: 50 })

describe('AlertBook against a model', () => {
  it('has at most one open alert per rule and series, and loses count of nothing', () => {
    const commands = fc.commands(
      [
        fc.tuple(rule, series, time, score).map((given) => new RaiseIt(...given)),
        fc.tuple(rule, series, time).map((given) => new ClearIt(...given)),
        fc.constant(new Compare()),
      ],
      { maxCommands: 60, size: 'medium' },
    )
    fc.assert(
      fc.property(commands, (steps) => {
        const real = new Book()
        const model: Model = { open: new Map(), closed: [], raised: 0, notOpened: 0 }
        fc.modelRun(() => ({ model, real }), steps)
        real.check(model)
      }),
    )
  })
})
