import { describe, expect, it } from 'vitest'
import { seriesKey } from '../../src/core/ids.ts'
import { MINUTE, openBook, PUMP, raise } from './open-book.ts'

const other = raise({ series: seriesKey(0xdef, 2) })

describe('silences', () => {
  it('keep alerts that match from being told, those that are open and those that come', () => {
    const { book, desk, news, clock } = openBook()
    book.raise(raise())
    book.raise(other)
    const { id } = desk.silence({
      ...{ matchers: ['tenant="acme"'], endsAt: clock.epochMs() + MINUTE, by: 'ann', comment: 'known' },
    })
    book.raise(raise({ rule: 'custom' }))
    expect(news()).toEqual([
      'raised pump-7',
      'raised #def',
      `suppressed pump-7 silence:${id}`,
      `raised pump-7 silence:${id}`,
    ])
  })

  it('end by themselves, and what still fires is told then, to the millisecond', () => {
    const { book, desk, news, pass, clock } = openBook()
    book.raise(raise())
    book.raise(raise({ rule: 'custom' }))
    const endsAt = clock.epochMs() + MINUTE
    desk.silence({ matchers: ['device="pump-7"'], endsAt, by: 'ann', comment: '' })
    book.clear({ ...raise({ rule: 'custom' }) })
    news()
    pass(MINUTE - 1)
    expect(news()).toEqual([])
    pass(1)
    expect(news()).toEqual(['released pump-7'])
    expect(desk.silences()).toMatchObject([{ state: 'expired', endsAt, by: 'ann' }])
  })

  it('can begin later and be ended before their time', () => {
    const { book, desk, news, pass, clock } = openBook()
    book.raise(raise())
    const now = clock.epochMs()
    const span = { startsAt: now + MINUTE, endsAt: now + 3 * MINUTE }
    const { id, state } = desk.silence({ matchers: ['metric=~temp.*'], ...span, by: 'ann', comment: '' })
    expect(state).toBe('pending')
    news()
    pass(MINUTE)
    expect(news()).toEqual([`suppressed pump-7 silence:${id}`])
    expect(desk.endSilence(id)).toMatchObject({ state: 'expired', endsAt: now + MINUTE })
    expect(news()).toEqual(['released pump-7'])
    pass(5 * MINUTE)
    expect(news()).toEqual([])
  })

  it('overlap: an alert is told when the last one is over', () => {
    const { book, desk, news, pass, clock } = openBook()
    const now = clock.epochMs()
    const one = desk.silence({ matchers: ['rule=anomaly'], endsAt: now + MINUTE, by: 'a', comment: '' })
    const two = desk.silence({
      matchers: ['region!=us', 'metric=temperature'],
      endsAt: now + 2 * MINUTE,
      by: 'a',
      comment: '',
    })
    book.raise(raise())
    expect(book.open()[0].suppressedBy.toSorted()).toEqual(
      [`silence:${one.id}`, `silence:${two.id}`].toSorted(),
    )
    news()
    pass(MINUTE)
    expect(news()).toEqual([`updated pump-7 silence:${two.id}`])
    pass(MINUTE)
    expect(news()).toEqual(['released pump-7'])
  })

  it('let go of an alert that no longer matches, as when it becomes worse', () => {
    const { book, desk, news, clock } = openBook()
    const endsAt = clock.epochMs() + MINUTE
    const { id } = desk.silence({ matchers: ['severity=~"low|medium"'], endsAt, by: 'ann', comment: '' })
    book.raise(raise())
    book.raise(raise({ severity: 'critical' }))
    expect(news()).toEqual([`raised pump-7 silence:${id}`, 'released pump-7'])
  })

  it.each([
    [['severity'], 'matchers[0]: "severity": allowed: label="value"'],
    [['severity=~"("'], 'not a regular expression'],
    [['device=~"(a+)+b"'], 'groups must not be repeated'],
    [['device=~".*.*.*.*x"'], 'at most 3'],
    [['device=~"(?=a)b"'], 'looking around'],
    [['device=~"(a)\\\\1"'], 'references back'],
    [['device=~".*"'], 'they match every alert there is'],
    [['device!="pump-7"'], 'they match every alert there is'],
    [[], '1 to 32'],
  ])('refuse the matchers %j', (matchers, message) => {
    const { desk, clock } = openBook()
    const request = { matchers, endsAt: clock.epochMs() + 1, by: 'ann', comment: '' }
    expect(() => desk.silence(request)).toThrow(message)
  })

  it('are bounded, and ended ones make room', () => {
    const { desk, clock } = openBook({ silences: 2 })
    const make = () =>
      desk.silence({ matchers: ['rule=x'], endsAt: clock.epochMs() + MINUTE, by: 'ann', comment: '' })
    make()
    const { id } = make()
    expect(make).toThrow('2 of kind silence have not ended yet')
    desk.endSilence(id)
    expect(make().state).toBe('active')
    expect(desk.silences()).toHaveLength(3)
    expect(() => desk.endSilence('nope')).toThrow('there is no silence "nope"')
    expect(() =>
      desk.silence({ matchers: ['rule=x'], endsAt: clock.epochMs(), by: '', comment: '' }),
    ).toThrow('endsAt:')
  })
})

describe('holds during maintenance', () => {
  it('mark alerts, and lose none: what still fires at the end is told, what is over is not', () => {
    const { book, desk, news, pass, clock } = openBook()
    const hold = desk.hold({ matchers: ['device="pump-7"'], until: clock.epochMs() + MINUTE, reason: 'oil' })
    book.raise(raise())
    book.raise(raise({ rule: 'custom' }))
    book.clear(raise({ rule: 'custom' }))
    const mark = `maintenance:${hold.id}`
    expect(news()).toEqual([`raised pump-7 ${mark}`, `raised pump-7 ${mark}`, `resolved pump-7 ${mark}`])
    expect(desk.holds()).toMatchObject([{ comment: 'oil', state: 'active' }])
    pass(MINUTE)
    expect(news()).toEqual(['released pump-7'])
  })

  it('can be ended when the work is done', () => {
    const { book, desk, news, clock } = openBook()
    book.raise(raise())
    const { id } = desk.hold({ matchers: ['tier=premium'], until: clock.epochMs() + MINUTE, reason: '' })
    desk.endHold(id)
    expect(news()).toEqual(['raised pump-7', `suppressed pump-7 maintenance:${id}`, 'released pump-7'])
  })
})

describe('inhibitions', () => {
  const inhibitions = [
    { source: ['rule="gateway-down"'], target: ['rule="silent"'], equal: ['region'] },
    { source: ['severity="critical"'], target: ['severity=~"critical|low"'], equal: ['tenant', 'metric'] },
  ]
  const gateway = raise({ rule: 'gateway-down', series: 0n, key: 'gate' })
  const silent = (device: number, region = 'eu') =>
    raise({ rule: 'silent', series: seriesKey(device, 3), region })

  it('hold alerts back while one that speaks for them fires, whichever came first', () => {
    const { book, news } = openBook({ inhibitions, flapping: { changes: 0 } })
    book.raise(silent(1))
    book.raise(gateway)
    book.raise(silent(2))
    book.raise(silent(3, 'us'))
    const mark = 'inhibited:gateway-down:gate:1000'
    expect(news()).toEqual([
      'raised #1',
      'raised gate',
      `suppressed #1 ${mark}`,
      `raised #2 ${mark}`,
      'raised #3',
    ])
    book.clear(silent(2))
    book.clear(gateway)
    expect(news()).toEqual([`resolved #2 ${mark}`, 'resolved gate', 'released #1'])
  })

  it('last as long as any source fires', () => {
    const { book, news } = openBook({ inhibitions, flapping: { changes: 0 } })
    const second = raise({ rule: 'gateway-down', series: 0n, key: 'gate 2' })
    book.raise(gateway)
    book.raise(second)
    book.raise(silent(1))
    news()
    book.clear(gateway)
    expect(news()).toEqual(['resolved gate'])
    book.clear(second)
    expect(news()).toEqual(['resolved gate 2', 'released #1'])
  })

  it('never make an alert silence itself or two each other', () => {
    const { book, news } = openBook({ inhibitions, flapping: { changes: 0 } })
    const critical = (device: number) => raise({ series: seriesKey(device, 3), severity: 'critical' })
    book.raise(critical(1))
    book.raise(critical(2))
    expect(news()).toEqual(['raised #1', 'raised #2'])
    book.raise(raise({ series: seriesKey(3, 3), severity: 'low' }))
    expect(news()).toEqual(['raised #3 inhibited:anomaly:10003:1000'])
  })

  it('follow an alert that becomes a source', () => {
    const { book, news } = openBook({ inhibitions, flapping: { changes: 0 } })
    book.raise(raise({ series: seriesKey(3, 3), severity: 'low' }))
    book.raise(raise({ series: seriesKey(4, 3), severity: 'medium' }))
    book.raise(raise({ series: seriesKey(4, 3), severity: 'critical' }))
    expect(news()).toEqual([
      'raised #3',
      'raised #4',
      'updated #4',
      'suppressed #3 inhibited:anomaly:40003:1000',
    ])
  })

  it('cost little for a cascade of many sources and targets', () => {
    const { book } = openBook({ inhibitions, flapping: { changes: 0 } }, { maxOpen: 20_000 })
    let told = 0
    book.subscribe(() => told++)
    const source = (i: number) => raise({ rule: 'gateway-down', series: 0n, key: `gate ${i}` })
    for (let i = 0; i < 5000; i++) {
      book.raise(silent(PUMP + 1 + i))
      book.raise(source(i))
    }
    for (let i = 0; i < 5000; i++) book.clear(source(i))
    // the one target that was there before the first source, and all of them after the last
    expect(told).toBe(5000 + 5000 + 1 + 5000 + 5000)
  })
})
