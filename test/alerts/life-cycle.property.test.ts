/**
 * Random commands on virtual time against a model that knows no indexes: it looks at every alert, every mute and every rule
 * each time. What must agree at every step is what a receiver goes by: which alerts there are, which of them are told, how
 * bad they are and who has acknowledged them; and that what was told adds up to it.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert, AlertChange, Severity } from '../../src/core/alert.ts'
import { MINUTE, openBook, raise } from './open-book.ts'

const SEVERITIES: readonly Severity[] = ['low', 'medium', 'high', 'critical']
const RULES = ['a', 'b', 'c']
const REGIONS = ['eu', 'us']
const FLAPPING = { changes: 3, calmChanges: 1, withinMs: 10 * MINUTE }
const CONFIG = {
  flapping: FLAPPING,
  inhibitions: [
    { source: ['rule="a"'], target: ['rule=~"b|c"'], equal: ['region'] },
    { source: ['severity=critical'], target: ['severity=~"low|critical"'] },
  ],
  // not up to critical: two that are due in the same moment must not depend on each other
  escalations: [
    {
      match: ['rule!="c"', 'region=~".+"'],
      steps: [
        { afterMs: 3 * MINUTE, severity: 'medium' as const },
        { afterMs: 7 * MINUTE, severity: 'high' as const },
      ],
    },
  ],
}
const MATCHERS = [
  ['rule="a"'],
  ['region=eu'],
  ['severity=~"low|medium"'],
  ['key="b 1"'],
  ['rule!="a"', 'region=us'],
]

interface Told {
  readonly rule: string
  readonly slot: string
  readonly region: string
  severity: number
  state: 'pending' | 'firing'
  pendingUntil: number
  acknowledged: boolean
  flapping: boolean
  escalation: number
  waitingSince: number
}

interface Span {
  readonly kind: 'silence' | 'maintenance'
  readonly id: string
  readonly matchers: number
  readonly from: number
  until: number
}

class Model {
  now = 0
  readonly open = new Map<string, Told>()
  readonly spans: Span[] = []
  readonly flaps = new Map<string, { times: number[]; flapping: boolean }>()

  matches(matchers: number, { rule, slot, region, severity }: Told): boolean {
    const name = SEVERITIES[severity]
    const tests = [
      rule === 'a',
      region === 'eu',
      name === 'low' || name === 'medium',
      rule === 'b' && slot === '1',
      rule !== 'a' && region === 'us',
    ]
    return tests[matchers]
  }

  /** Kinds of reasons, in order, without ids. */
  reasons(alert: Told): string[] {
    const spans = this.spans.filter(
      ({ from, until, matchers }) => from <= this.now && this.now < until && this.matches(matchers, alert),
    )
    const reasons = [...spans].map(({ kind, id }) => `${kind}:${id}`).sort()
    if (this.isInhibited(alert)) reasons.push('inhibited')
    if (alert.flapping) reasons.push('flapping')
    if (alert.state === 'pending') reasons.push('pending')
    return reasons
  }

  isInhibited(alert: Told): boolean {
    const bySource = [...this.open.values()].some((other) => {
      if (other === alert || other.state !== 'firing') return false
      if (other.rule === 'a' && alert.rule !== 'a' && other.region === alert.region) return true
      // who is critical is a source itself
      return other.severity === 3 && alert.severity === 0
    })
    return bySource
  }

  /** What time does, a millisecond at a time where something may be due. */
  passTo(to: number): void {
    for (const at of [...this.moments(to), to]) {
      this.now = at
      this.due()
    }
  }

  moments(to: number): number[] {
    const all = [
      ...this.spans.flatMap(({ from, until }) => [from, until]),
      ...[...this.open.values()].map(({ pendingUntil }) => pendingUntil),
      ...[...this.flaps.values()].flatMap(({ times }) => times.map((time) => time + FLAPPING.withinMs)),
      // alerts that begin to wait meanwhile are due a whole number of minutes after a moment that is here too
    ]
    const minutes = Array.from({ length: 1 + (to - this.now) / MINUTE }, (_, i) => this.now + i * MINUTE)
    return [...new Set([...all, ...minutes])].filter((at) => at > this.now && at < to).sort((a, b) => a - b)
  }

  due(): void {
    for (const alert of this.open.values())
      if (alert.state === 'pending' && alert.pendingUntil <= this.now) this.fire(alert)
    for (const [key, flap] of this.flaps) {
      const recent = flap.times.filter((time) => time > this.now - FLAPPING.withinMs).length
      if (!flap.flapping || recent > FLAPPING.calmChanges) continue
      flap.flapping = false
      const open = this.open.get(key)
      if (open !== undefined) open.flapping = false
    }
    this.settle()
    for (let isMore = true; isMore;) {
      isMore = false
      for (const alert of this.open.values()) {
        const { waitingSince, escalation, rule } = alert
        if (waitingSince < 0 || rule === 'c' || escalation === 2) continue
        if (this.now < waitingSince + (escalation === 0 ? 3 : 7) * MINUTE) continue
        alert.escalation++
        alert.severity = Math.max(alert.severity, alert.escalation)
        this.settle()
        isMore = true
      }
    }
  }

  fire(alert: Told): void {
    alert.state = 'firing'
    alert.flapping = this.change(`${alert.rule} ${alert.slot}`)
  }

  change(key: string): boolean {
    const flap = this.flaps.get(key) ?? { times: [], flapping: false }
    this.flaps.set(key, flap)
    flap.times = [...flap.times, this.now].filter((time) => time > this.now - FLAPPING.withinMs)
    flap.flapping ||= flap.times.length > FLAPPING.changes
    return flap.flapping
  }

  /** Whose time runs? */
  settle(): void {
    for (const alert of this.open.values()) {
      const runs = alert.state === 'firing' && !alert.acknowledged && this.reasons(alert).length === 0
      if (!runs) alert.waitingSince = -1
      else if (alert.waitingSince < 0) alert.waitingSince = this.now
    }
  }
}

class Real {
  readonly opened = openBook(CONFIG, { maxOpen: 100, history: 100 })
  readonly zero = this.opened.clock.epochMs()
  /** What a receiver knows that hears only what it is to be told. */
  readonly heard = new Map<string, Alert>()
  readonly ids = new Set<string>()
  readonly met = new Set<string>()
  time = 0

  constructor() {
    this.opened.book.subscribe((alert, change) => this.hear(alert, change))
  }

  hear(alert: Alert, change: AlertChange): void {
    if (change === 'raised') {
      if (this.ids.has(alert.id)) throw new Error(`${alert.id} was raised twice`)
      this.ids.add(alert.id)
    }
    if (
      (change === 'suppressed') !== alert.suppressedBy.length > 0 &&
      ['suppressed', 'released'].includes(change)
    )
      throw new Error(`${change} by ${alert.suppressedBy.join()}`)
    this.met.add(change)
    if (alert.suppressedBy.includes('flapping')) this.met.add('flapping')
    if (alert.state === 'firing' && alert.suppressedBy.length === 0) this.heard.set(alert.id, alert)
    else this.heard.delete(alert.id)
  }

  check(model: Model): void {
    const { book } = this.opened
    const open = book.open()
    const rows = open.map(({ key, state, severity, labels, acknowledged, escalation, suppressedBy }) =>
      [key, state, severity, labels.severity, acknowledged !== null, escalation, plain(suppressedBy)].join(),
    )
    const expected = [...model.open].map(([key, alert]) => {
      const { state, acknowledged, escalation } = alert
      const severity = SEVERITIES[alert.severity]
      return [key, state, severity, severity, acknowledged, escalation, model.reasons(alert)].join()
    })
    expect(rows.sort()).toEqual(expected.sort())
    const told = open.filter(({ state, suppressedBy }) => state === 'firing' && suppressedBy.length === 0)
    const heard = new Set(this.heard.values())
    const listed = book.list({ limit: 1000 }).alerts.filter(({ state }) => state !== 'resolved')
    const counted = Object.values(book.standings).flatMap((bySeverity) => Object.values(bySeverity))
    const sum = counted.reduce((total, count) => total + count, 0)
    const isHeard = heard.size === told.length && told.every((alert) => heard.has(alert))
    const isListed = listed.length === open.length && open.every((alert) => listed.includes(alert))
    expect({ isHeard, isListed, sum }).toEqual({ isHeard: true, isListed: true, sum: open.length })
  }
}

/** Reasons without the ids of alerts, in the order of the model. */
function plain(reasons: readonly string[]): string[] {
  const short = reasons.map((reason) => (reason.startsWith('inhibited:') ? 'inhibited' : reason))
  const isMute = (reason: string): boolean => reason.includes(':')
  return [...short.filter(isMute).sort(), ...short.filter((reason) => !isMute(reason))]
}

/** A step of the model and of the book; afterwards they are compared. */
class Step implements fc.Command<Model, Real> {
  constructor(
    readonly words: string,
    readonly act: (model: Model, real: Real) => void,
  ) {}

  check = (): boolean => true
  toString = (): string => this.words

  run(model: Model, real: Real): void {
    this.act(model, real)
    model.settle()
    real.check(model)
  }
}

const place = fc.tuple(fc.constantFrom(...RULES), fc.constantFrom('1', '2'))

/** Does to both what readings do. */
function raiseBoth(
  model: Model,
  real: Real,
  [rule, slot]: [string, string],
  severity: number,
  minutes: number,
): void {
  const key = `${rule} ${slot}`
  const region = REGIONS[Number(slot) - 1]
  const open = model.open.get(key)
  if (open === undefined) {
    const alert: Told = {
      ...{ rule, slot, region, severity, state: 'pending', pendingUntil: model.now + minutes * MINUTE },
      ...{ acknowledged: false, flapping: false, escalation: 0, waitingSince: -1 },
    }
    model.open.set(key, alert)
    if (minutes === 0) model.fire(alert)
  } else {
    open.severity = Math.max(open.severity, severity)
    if (open.state === 'pending' && minutes === 0) model.fire(open)
  }
  // each a moment later, so that ids differ, but by less than any alert waits for
  const time = (real.time += 0.001)
  const forMs = minutes * MINUTE
  real.opened.book.raise(
    raise({ rule, series: 0n, key, region, severity: SEVERITIES[severity], time, forMs }),
  )
}

function clearBoth(model: Model, real: Real, [rule, slot]: [string, string]): void {
  const key = `${rule} ${slot}`
  const open = model.open.get(key)
  model.open.delete(key)
  if (open?.state === 'firing') model.change(key)
  const cleared = real.opened.book.clear({ rule, series: 0n, key, time: real.time })
  expect(cleared !== undefined).toBe(open !== undefined)
}

const raising = fc
  .tuple(place, fc.nat(3), fc.constantFrom(0, 0, 0, 2, 5))
  .map(
    ([which, severity, minutes]) =>
      new Step(`raise ${which.join(' ')} ${SEVERITIES[severity]} for ${minutes} min`, (model, real) =>
        raiseBoth(model, real, which, severity, minutes),
      ),
  )

const clearing = place.map(
  (which) => new Step(`clear ${which.join(' ')}`, (model, real) => clearBoth(model, real, which)),
)

const bouncing = fc.tuple(place, fc.integer({ min: 2, max: 4 })).map(
  ([which, times]) =>
    new Step(`bounce ${which.join(' ')} ${times} times`, (model, real) => {
      for (let i = 0; i < times; i++) {
        raiseBoth(model, real, which, 1, 0)
        model.settle()
        clearBoth(model, real, which)
        model.settle()
      }
    }),
)

const acknowledging = fc.tuple(place, fc.boolean()).map(([[rule, slot], on]) => {
  const key = `${rule} ${slot}`
  return new Step(`${on ? '' : 'un'}acknowledge ${key}`, (model, real) => {
    const open = model.open.get(key)
    if (open === undefined) return
    const { desk, book } = real.opened
    const { id } = book.open().find((alert) => alert.key === key)!
    if (on) desk.acknowledge(id, { by: 'ann' })
    else desk.unacknowledge(id)
    open.acknowledged = on
  })
})

const muting = fc
  .tuple(fc.boolean(), fc.nat(MATCHERS.length - 1), fc.constantFrom(0, 0, 2), fc.integer({ min: 1, max: 8 }))
  .map(
    ([isHold, matchers, later, minutes]) =>
      new Step(
        `${isHold ? 'hold' : 'silence'} ${MATCHERS[matchers].join()} +${later} for ${minutes} min`,
        (model, real) => {
          const { desk } = real.opened
          const from = model.now + (isHold ? 0 : later * MINUTE)
          const until = from + minutes * MINUTE
          const span = { startsAt: real.zero + from, endsAt: real.zero + until }
          const { id } = isHold
            ? desk.hold({ matchers: MATCHERS[matchers], until: real.zero + until, reason: 'work' })
            : desk.silence({ matchers: MATCHERS[matchers], ...span, by: 'ann', comment: '' })
          model.spans.push({ kind: isHold ? 'maintenance' : 'silence', id, matchers, from, until })
        },
      ),
  )

const unmuting = fc.nat(5).map(
  (which) =>
    new Step(`end mute ${which}`, (model, real) => {
      const span = model.spans[which] as Span | undefined
      if (span === undefined) return
      const { desk } = real.opened
      if (span.kind === 'silence') desk.endSilence(span.id)
      else desk.endHold(span.id)
      span.until = Math.min(span.until, model.now)
    }),
)

const passing = fc.integer({ min: 1, max: 12 }).map(
  (minutes) =>
    new Step(`${minutes} min pass`, (model, real) => {
      // looked at every minute, as an engine looks several times a second
      for (let minute = 0; minute < minutes; minute++) {
        model.passTo(model.now + MINUTE)
        real.opened.pass(MINUTE)
      }
    }),
)

const KINDS = 9

describe('the life of alerts against a model', () => {
  it('agrees at every step, whatever people, readings and time do', { timeout: 120_000 }, () => {
    const commands = fc.commands(
      [raising, raising, clearing, bouncing, acknowledging, muting, unmuting, passing],
      { maxCommands: 40, size: 'max' },
    )
    const met = new Set<string>()
    const property = fc.property(commands, (steps) => {
      const real = new Real()
      fc.modelRun(() => ({ model: new Model(), real }), steps)
      for (const kind of real.met) met.add(kind)
    })
    // every kind of change, and flapping
    do fc.assert(property, { numRuns: 80 })
    while (met.size < KINDS)
  })
})
