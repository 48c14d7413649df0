/** What outlives the process: a checkpoint, the notes and the readings since, and what was told. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Alert } from '../../src/core/alert.ts'
import type { AlertBook } from '../../src/alerts/alert-book.ts'
import { AlertDesk } from '../../src/alerts/alert-desk.ts'
import { AlertNews } from '../../src/alerts/alert-news.ts'
import { readNote, writeNote } from '../../src/alerts/alert-notes.ts'
import type { Clear, Raise } from '../../src/alerts/alert-values.ts'
import { MINUTE, openBook, raise } from './open-book.ts'

const CONFIG = {
  flapping: { changes: 3, calmChanges: 1, withinMs: 60 * MINUTE },
  inhibitions: [{ source: ['rule="a"'], target: ['rule="b"'], equal: ['region'] }],
  escalations: [{ match: ['rule=~"b|c"'], steps: [{ afterMs: 2 * MINUTE, severity: 'high' as const }] }],
}

type Entry = { raise: Raise } | { clear: Clear } | { note: string } | { told: string }

/** An engine's alerts, and the journal that they are in. */
class Process {
  readonly journal: Entry[] = []
  readonly told: string[] = []
  readonly book: AlertBook
  readonly desk: AlertDesk
  readonly news: AlertNews
  readonly #pass: (ms: number) => void

  constructor(atMs = 0) {
    const opened = openBook(CONFIG, {
      maxOpen: 100,
      history: 100,
      noteDown: (note) => this.journal.push({ note: writeNote(note) }),
    })
    opened.clock.advance(atMs)
    this.book = opened.book
    this.desk = opened.desk
    this.#pass = opened.pass
    this.news = new AlertNews(this.book, (told) => this.journal.push({ told }))
    this.news.subscribe((alert, change) => {
      if (change !== 'updated' && change !== 'pending')
        this.told.push(`${change} ${alert.id} ${alert.suppressedBy.join()}`)
    })
  }

  raise(raised: Raise): void {
    this.journal.push({ raise: raised })
    this.book.raise(raised)
  }

  clear(cleared: Clear): void {
    this.journal.push({ clear: cleared })
    this.book.clear(cleared)
  }

  pass(minutes: number): void {
    for (let i = 0; i < minutes; i++) this.#pass(MINUTE)
  }

  /** As a checkpoint has it. */
  kept() {
    const kept = { alerts: this.book.asTheyStand(this.book.open()), keeping: this.book.keeping() }
    return { ...(JSON.parse(JSON.stringify(kept)) as typeof kept), from: this.journal.length }
  }

  /** The next process, `atMs` later than this one's beginning. */
  restart({ alerts, keeping, from }: ReturnType<Process['kept']>, atMs: number): Process {
    const next = new Process(atMs)
    next.book.restore(alerts, keeping)
    next.book.isReplaying = true
    next.news.hold()
    for (const entry of this.journal.slice(from)) {
      if ('raise' in entry) next.book.raise(entry.raise)
      else if ('clear' in entry) next.book.clear(entry.clear)
      else if ('note' in entry) next.book.replayNote(readNote(entry.note))
      else next.news.wasTold(entry.told)
    }
    next.book.isReplaying = false
    next.book.settle()
    next.news.release()
    return next
  }
}

/** What a receiver goes by. */
const standing = (book: AlertBook): string[] =>
  book
    .open()
    .map(({ id, state, severity, labels, acknowledged, escalation, suppressedBy }: Alert) =>
      JSON.stringify([id, state, severity, labels, acknowledged, escalation, suppressedBy]),
    )
    .sort()

const about = (rule: string, time = 1000) => raise({ rule, series: 0n, key: rule, time })

describe('after a restart', () => {
  it('acknowledgements, silences and holds are there, also those made after the checkpoint', () => {
    const first = new Process()
    first.raise(about('b'))
    const kept = first.kept()
    first.raise(about('c'))
    const [b, c] = ['b:b:1000', 'c:c:1000']
    first.desk.acknowledge(b, { by: 'ann', comment: 'mine' })
    first.desk.acknowledge(c, { by: 'ben' })
    const endsAt = 1_700_000_000_000 + 60 * MINUTE
    const silence = first.desk.silence({ matchers: ['rule=c'], endsAt, by: 'ann', comment: '' })
    const hold = first.desk.hold({ matchers: ['rule=b'], until: endsAt, reason: 'oil' })
    const second = first.restart(kept, 0)
    expect(second.told).toEqual([])
    expect(second.desk.get(b)).toMatchObject({
      acknowledged: { by: 'ann', comment: 'mine' },
      suppressedBy: [`maintenance:${hold.id}`],
    })
    expect(second.desk.get(c)).toMatchObject({
      acknowledged: { by: 'ben' },
      suppressedBy: [`silence:${silence.id}`],
      replayed: true,
    })
    expect(second.desk.silences()).toEqual(first.desk.silences())
    expect(second.desk.holds()).toEqual(first.desk.holds())
  })

  it('what has become different meanwhile is told, once', () => {
    const first = new Process()
    const until = 1_700_000_000_000 + 10 * MINUTE
    first.raise(about('c'))
    first.desk.hold({ matchers: ['rule=c'], until, reason: '' })
    const kept = first.kept()
    const second = first.restart(kept, 20 * MINUTE)
    expect(second.told).toEqual(['released c:c:1000 '])
    second.journal.unshift(...first.journal)
    expect(second.restart(kept, 20 * MINUTE).told).toEqual([])
  })

  it('an escalation goes on where it was, and pending alerts fire', () => {
    const first = new Process()
    first.raise(about('c'))
    first.raise(raise({ forMs: 3 * MINUTE }))
    first.pass(1)
    const second = first.restart(first.kept(), MINUTE)
    second.pass(1)
    expect(second.told).toEqual(['escalated c:c:1000 '])
    second.pass(1)
    expect(second.told).toEqual(['escalated c:c:1000 ', 'raised anomaly:abc0002:1000 '])
  })

  it('an alert that nobody had been told of is told as things stand, not as if nobody had silenced it', () => {
    const first = new Process()
    const endsAt = 1_700_000_000_000 + 60 * MINUTE
    const { id } = first.desk.silence({ matchers: ['rule=c'], endsAt, by: 'ann', comment: '' })
    const kept = first.kept()
    // accepted, but the process ended before anything came of it
    first.journal.push({ raise: about('c') })
    expect(first.restart(kept, 0).told[0]).toBe(`raised c:c:1000 silence:${id}`)
  })

  it('people wait until the past is taken in', () => {
    const { book, desk } = new Process()
    book.restore([])
    expect(() => desk.hold({ matchers: ['rule=c'], until: 2e12, reason: '' })).toThrow('takes in again')
    book.settle()
    expect(desk.hold({ matchers: ['rule=c'], until: 2e12, reason: '' }).state).toBe('active')
  })

  it('alerts of an earlier version get what they did not say', () => {
    const alert = openBook().book.raise(raise())!
    const isOld = ([name]: [string, unknown]): boolean => name !== 'labels' && name !== 'evidence'
    const { book } = new Process()
    book.restore([Object.fromEntries(Object.entries(alert).filter(isOld)) as unknown as Alert])
    expect(book.open()).toMatchObject([{ labels: { device: 'pump-7', tier: 'premium' }, evidence: [] }])
  })

  it('everything stands as it did and nothing is told twice, wherever the checkpoint was', () => {
    const rule = fc.constantFrom('a', 'b', 'c')
    const act = fc.oneof(
      fc.record({ kind: fc.constant('raise'), rule, minutes: fc.constantFrom(0, 0, 2) }),
      fc.record({
        kind: fc.constantFrom('clear', 'acknowledge', 'unacknowledge', 'silence', 'hold', 'end'),
        rule,
        minutes: fc.integer({ min: 1, max: 4 }),
      }),
      fc.record({ kind: fc.constant('pass'), rule, minutes: fc.integer({ min: 1, max: 3 }) }),
    )
    const acts = fc.array(act, { maxLength: 30 })
    fc.assert(
      fc.property(acts, fc.nat(30), (steps, checkpointAt) => {
        const first = new Process()
        let minute = 0
        let kept = first.kept()
        steps.forEach(({ kind, rule, minutes }, index) => {
          if (index === checkpointAt) kept = first.kept()
          const open = first.book.open().find((alert) => alert.rule === rule)
          const now = 1_700_000_000_000 + minute * MINUTE
          const endsAt = now + minutes * MINUTE
          if (kind === 'raise') first.raise({ ...about(rule, 1000 + index), forMs: minutes * MINUTE })
          else if (kind === 'clear') first.clear(about(rule, 1000 + index))
          else if (kind === 'pass') {
            first.pass(minutes)
            minute += minutes
          } else if (kind === 'silence')
            first.desk.silence({ matchers: [`rule=${rule}`], endsAt, by: 'a', comment: '' })
          else if (kind === 'hold') first.desk.hold({ matchers: [`rule=${rule}`], until: endsAt, reason: '' })
          else if (kind === 'end')
            first.desk
              .silences()
              .slice(0, 1)
              .forEach(({ id }) => first.desk.endSilence(id))
          else if (open !== undefined) {
            if (kind === 'acknowledge') first.desk.acknowledge(open.id, { by: 'ann' })
            else first.desk.unacknowledge(open.id)
          }
        })
        const second = first.restart(kept, minute * MINUTE)
        expect(standing(second.book)).toEqual(standing(first.book))
        expect(second.told).toEqual([])
        expect(second.desk.silences()).toEqual(first.desk.silences())
      }),
      { numRuns: 300 },
    )
  })
})
