import { describe, expect, it } from 'vitest'
import { Recurrence } from '../../src/reservations/recurrence.ts'
import { instantOf, isTimeZone, momentOf, wallOf } from '../../src/reservations/zoned-time.ts'

const at = (text: string): number => Date.parse(text)
const iso = (ms: number | undefined): string | undefined =>
  ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 16)

/** The first times of a rule. */
function times(starts: string, timeZone: string, rrule: string, count: number): (string | undefined)[] {
  const startsAt = momentOf(starts, timeZone) as number
  const rule = new Recurrence({ startsAt, timeZone, rrule })
  const found: (string | undefined)[] = []
  for (let from: number | undefined = startsAt; found.length < count;) {
    const next: number | undefined = rule.from(from)
    found.push(iso(next))
    if (next === undefined) break
    from = next + 1
  }
  return found
}

describe('time of a zone', () => {
  it('knows zones', () => {
    expect(isTimeZone('Europe/Berlin')).toBe(true)
    expect(isTimeZone('Europe/Nowhere')).toBe(false)
  })

  it('goes both ways', () => {
    const summer = at('2026-07-01T10:00:00.250Z')
    expect(wallOf(summer, 'Europe/Berlin')).toBe(at('2026-07-01T12:00:00.250Z'))
    expect(instantOf(at('2026-07-01T12:00:00.250Z'), 'Europe/Berlin')).toBe(summer)
    expect(wallOf(-1, 'UTC')).toBe(-1)
    expect(instantOf(at('2026-01-01T00:00Z'), 'Asia/Kathmandu')).toBe(at('2025-12-31T18:15Z'))
  })

  it('takes a time that a clock change leaves out as if the clock had not been changed yet', () => {
    expect(iso(momentOf('2026-03-29T02:30', 'Europe/Berlin'))).toBe('2026-03-29T01:30')
    expect(iso(momentOf('2026-03-08T02:30', 'America/New_York'))).toBe('2026-03-08T07:30')
  })

  it('means the first of two', () => {
    expect(iso(momentOf('2026-10-25T02:30', 'Europe/Berlin'))).toBe('2026-10-25T00:30')
  })

  it('reads local and absolute times, and nothing else', () => {
    expect(iso(momentOf('2026-10-25', 'Asia/Tokyo'))).toBe('2026-10-24T15:00')
    expect(iso(momentOf('2026-10-25 02:30:15', 'UTC'))).toBe('2026-10-25T02:30')
    expect(iso(momentOf('2026-10-25T02:30:00Z', 'Asia/Tokyo'))).toBe('2026-10-25T02:30')
    expect(iso(momentOf('2026-10-25T02:30+02:00', 'Asia/Tokyo'))).toBe('2026-10-25T00:30')
    for (const text of ['soon', '2026-13-01T00:00', '2026-10-25T25:00Z', '12:00', ''])
      expect(momentOf(text, 'UTC')).toBeUndefined()
  })
})

describe('Recurrence', () => {
  it('is once without a rule', () => {
    const once = new Recurrence({ startsAt: 1000, timeZone: 'UTC', rrule: '' })
    expect([once.from(0), once.from(1000), once.from(1001)]).toEqual([1000, 1000, undefined])
  })

  it('keeps the hour of the zone over clock changes', () => {
    expect(times('2026-03-22T03:30', 'Europe/Berlin', 'FREQ=WEEKLY', 3)).toEqual([
      ...['2026-03-22T02:30', '2026-03-29T01:30', '2026-04-05T01:30'],
    ])
  })

  it('moves a 02:30 that a clock change leaves out, and loses no day', () => {
    expect(times('2026-03-27T02:30', 'Europe/Berlin', 'FREQ=DAILY', 4)).toEqual([
      ...['2026-03-27T01:30', '2026-03-28T01:30', '2026-03-29T01:30', '2026-03-30T00:30'],
    ])
  })

  it('comes once where 02:30 comes twice', () => {
    expect(times('2026-10-24T02:30', 'Europe/Berlin', 'FREQ=DAILY', 3)).toEqual([
      ...['2026-10-24T00:30', '2026-10-25T00:30', '2026-10-26T01:30'],
    ])
  })

  it('counts moved ones', () => {
    expect(times('2026-03-28T02:30', 'Europe/Berlin', 'FREQ=DAILY;COUNT=2', 3)).toEqual([
      ...['2026-03-28T01:30', '2026-03-29T01:30', undefined],
    ])
  })

  it.each([
    ['RRULE:FREQ=MONTHLY;BYDAY=-1SU', ['2026-01-25T22:00', '2026-02-22T22:00']],
    ['freq=weekly;byday=tu,th', ['2026-01-06T22:00', '2026-01-08T22:00']],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29', ['2028-02-29T22:00', '2032-02-29T22:00']],
  ])('understands %s', (rrule, expected) => {
    expect(times('2026-01-05T22:00', 'UTC', rrule, 2)).toEqual(expected)
  })

  it.each([
    ['20260107', 3],
    ['20260106T220000', 2],
    ['20260106T210000Z', 2],
    ['20260106T205959Z', 1],
  ])('ends with UNTIL=%s', (until, count) => {
    const all = times('2026-01-05T22:00', 'Europe/Berlin', `FREQ=DAILY;UNTIL=${until}`, 9)
    expect(all).toHaveLength(count + 1)
    expect(all.at(-1)).toBeUndefined()
  })

  it('says the same whatever was asked before', () => {
    const rule = new Recurrence({ startsAt: at('2026-01-05T22:00Z'), timeZone: 'UTC', rrule: 'FREQ=DAILY' })
    const late = at('2026-02-01T00:00Z')
    expect(iso(rule.from(late))).toBe('2026-02-01T22:00')
    expect(iso(rule.from(late + 1))).toBe('2026-02-01T22:00')
    expect(iso(rule.from(0))).toBe('2026-01-05T22:00')
    expect(iso(rule.from(late))).toBe('2026-02-01T22:00')
  })

  it.each([
    ['FREQ=HOURLY', 'DAILY, WEEKLY'],
    ['BYDAY=MO', 'DAILY, WEEKLY'],
    ['FREQ=DAILY;COLOUR=RED', '"COLOUR" is no part'],
    ['FREQ=DAILY;INTERVAL=0', 'interval'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101', 'exclude each other'],
    ['FREQ=DAILY;UNTIL=tomorrow', '20271231T235959Z'],
    ['FREQ=DAILY;UNTIL=20250101', 'never comes true'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'Maximum iterations'],
  ])('refuses %s and says why', (rrule, why) => {
    const make = () => new Recurrence({ startsAt: at('2026-01-05T22:00Z'), timeZone: 'UTC', rrule })
    expect(make).toThrow(`rrule: ${JSON.stringify(rrule)} is not allowed: `)
    expect(make).toThrow(why)
  })
})
