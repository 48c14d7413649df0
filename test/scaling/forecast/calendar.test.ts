import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { Calendar } from '../../../src/scaling/forecast/calendar.ts'
import { parseIcsCalendar } from '../../../src/scaling/forecast/ics-calendar.ts'
import { parseYamlCalendar } from '../../../src/scaling/forecast/yaml-calendar.ts'
import { HOUR_MS, MINUTE_MS, SERIES } from './fleet.ts'

const yaml = (lines: string): string =>
  `events:\n  - name: factory opens\n    starts: 2026-10-19T06:00\n    duration: 30m\n${lines}`
const ics = (...lines: readonly string[]): string =>
  ['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', ...lines, 'END:VEVENT', 'END:VCALENDAR'].join('\r\n')
const at = (text: string): number => Date.parse(text)
const NO_DEMAND: Float64Array = Float64Array.of(0, 0)
const effectOf = (calendar: Calendar, from: number, until: number, demand: Float64Array = NO_DEMAND) =>
  calendar.effectBetween(from, until, demand)

describe('Calendar', () => {
  it('knows nothing without events and outside of them', () => {
    expect(effectOf(new Calendar(SERIES, []), 0, 1)).toBeNull()
    const calendar = new Calendar(SERIES, parseYamlCalendar(yaml('    factor: 4'), 'c.yaml'))
    expect(effectOf(calendar, at('2026-10-20T06:00Z'), at('2026-10-20T07:00Z'))).toBeNull()
    expect(effectOf(calendar, at('2026-10-19T06:30Z'), at('2026-10-19T06:31Z'))).toBeNull()
    expect(effectOf(calendar, at('2026-10-21T23:00Z'), at('2026-10-22T01:00Z'))).toBeNull()
  })

  it('keeps the local time of a recurring event when the clocks change', () => {
    const events = parseYamlCalendar(
      yaml('    factor: 4\n    rrule: FREQ=DAILY\n    timezone: Europe/Berlin'),
      'c.yaml',
    )
    const calendar = new Calendar(SERIES, events)
    const before = effectOf(calendar, at('2026-10-24T04:00Z'), at('2026-10-24T04:01Z'))
    const after = effectOf(calendar, at('2026-10-25T05:00Z'), at('2026-10-25T05:01Z'))
    expect(before?.factor).toEqual(Float64Array.of(4, 4))
    expect(after?.reason).toBe('factory opens (×4)')
    expect(effectOf(calendar, at('2026-10-25T04:00Z'), at('2026-10-25T04:01Z'))).toBeNull()
  })

  it('concerns the tiers and regions it names, and divides readings on top among them', () => {
    const events = parseYamlCalendar(
      yaml('    readingsPerSecond: 300\n    tiers: [premium]\n    regions: [eu]'),
      'c.yaml',
    )
    const effect = effectOf(new Calendar(SERIES, events), at('2026-10-19T06:00Z'), at('2026-10-19T06:01Z'))
    expect(effect).toMatchObject({ extra: Float64Array.of(300, 0), reason: 'factory opens (+300/s)' })
    const none = parseYamlCalendar(yaml('    factor: 2\n    regions: [mars]'), 'c.yaml')
    expect(
      effectOf(new Calendar(SERIES, none), at('2026-10-19T06:00Z'), at('2026-10-19T06:01Z'))?.factor,
    ).toEqual(Float64Array.of(1, 1))
  })

  it('divides readings on top as demand is, and evenly where there is none', () => {
    const events = parseYamlCalendar(yaml('    readingsPerSecond: 300'), 'c.yaml')
    const calendar = new Calendar(SERIES, events)
    const extra = (demand: Float64Array) =>
      effectOf(calendar, at('2026-10-19T06:00Z'), at('2026-10-19T06:01Z'), demand)?.extra
    expect(extra(Float64Array.of(20, 10))).toEqual(Float64Array.of(200, 100))
    expect(extra(NO_DEMAND)).toEqual(Float64Array.of(150, 150))
  })

  it('multiplies what happens at once, and has the highest of a time in which effects change', () => {
    const events = [
      ...parseYamlCalendar(yaml('    factor: 4'), 'a.yaml'),
      ...parseYamlCalendar(yaml('    factor: 0.5').replace('06:00', '06:15'), 'b.yaml'),
    ]
    const calendar = new Calendar(SERIES, events)
    expect(effectOf(calendar, at('2026-10-19T06:15Z'), at('2026-10-19T06:16Z'))?.factor[0]).toBe(2)
    expect(effectOf(calendar, at('2026-10-19T05:00Z'), at('2026-10-19T08:00Z'))?.factor[0]).toBe(4)
  })

  it('knows any number of events, one after the other', () => {
    const events = Array.from({ length: 80 }, (_, i) => {
      const day = String(1 + (i % 28)).padStart(2, '0')
      const text = yaml(`    factor: ${2 + i}`).replace('2026-10-19', `2026-${1 + Math.floor(i / 28)}-${day}`)
      return text.replace(/2026-(\d)-/, '2026-0$1-')
    }).flatMap((text) => parseYamlCalendar(text, 'c.yaml'))
    const calendar = new Calendar(SERIES, events)
    for (const again of [0, 1])
      events.forEach((event, i) => {
        const [from] = event.startsBetween(at('2026-01-01T00:00Z'), at('2026-12-31T00:00Z'))
        expect(effectOf(calendar, from + again, from + 1000)?.factor[1]).toBe(2 + i)
      })
  })

  it('says of any time, in any order, what its events come to at each instant of it', () => {
    const recurring = (lines: string, start: string, name: string) =>
      parseYamlCalendar(
        yaml(`    rrule: FREQ=DAILY\n${lines}`).replace('06:00', start).replace('factory opens', name),
        'c.yaml',
      )
    const events = [
      ...recurring('    factor: 4', '06:00', 'a'),
      ...recurring('    readingsPerSecond: 300', '06:15', 'b'),
      ...recurring('    factor: 0.5\n    tiers: [bulk]', '23:45', 'c'),
    ]
    const calendar = new Calendar(SERIES, events)
    const demand = Float64Array.of(20, 10)
    const instantly = (instant: number) => {
      const active = events.filter(
        (event) => event.startsBetween(instant - event.durationMs + 1, instant).length > 0,
      )
      const named = (name: string): boolean => active.some((event) => event.name === name)
      const extra = named('b') ? 200 : 0
      return [named('a') ? 4 : 1, (named('a') ? 4 : 1) * (named('c') ? 0.5 : 1), extra, extra / 2]
    }
    const random = seededRandom(7)
    const begin = at('2026-10-20T00:00Z')
    for (let times = 0; times < 300; times++) {
      const from = begin + Math.floor(random() * 72 * 60) * MINUTE_MS
      const until = from + Math.ceil(random() * random() * 90) * MINUTE_MS
      const instants = Array.from({ length: (until - from) / MINUTE_MS }, (_, i) => from + i * MINUTE_MS)
      const each = instants.map(instantly)
      const highest = [0, 1, 2, 3].map((index) => Math.max(...each.map((values) => values[index])))
      const effect = effectOf(calendar, from, until, demand)
      const [factor, extra] = [effect?.factor ?? [1, 1], effect?.extra ?? [0, 0]]
      expect([...factor, ...extra], new Date(from).toISOString()).toEqual(highest)
    }
  })

  it('can be asked of any number of weeks, and be given other events', () => {
    const calendar = new Calendar(
      SERIES,
      parseYamlCalendar(yaml('    factor: 4\n    rrule: FREQ=WEEKLY'), 'c.yaml'),
    )
    const week = 168 * HOUR_MS
    for (let i = 0; i < 80; i++) {
      const from = at('2026-10-19T06:00Z') + i * week
      expect(effectOf(calendar, from, from + MINUTE_MS)?.factor[0]).toBe(4)
    }
    calendar.replace([])
    expect(effectOf(calendar, at('2026-10-19T06:00Z'), at('2026-10-19T06:01Z'))).toBeNull()
  })
})

describe('parseYamlCalendar', () => {
  it.each([
    ['    factor: 1', 'needs a factor other than 1'],
    ['    factor: 4\n    colour: red', 'colour'],
    ['    factor: 4\n    tiers: [gold]', 'tiers'],
    ['    factor: 4\n    rrule: FREQ=SOMETIMES', 'allowed is what RFC 5545 allows'],
    ['    factor: 4\n    timezone: Mars/Olympus', 'c.yaml: factory opens: when it happens'],
    ['    factor: [', 'c.yaml: not a calendar'],
  ])('refuses %j', (lines, why) => {
    expect(() => parseYamlCalendar(yaml(lines), 'c.yaml')).toThrow(why)
  })

  it('refuses durations and starts that are not what they must be', () => {
    expect(() => parseYamlCalendar(yaml('    factor: 2').replace('30m', 'half an hour'), 'c')).toThrow(
      'such as 30m',
    )
    expect(() => parseYamlCalendar(yaml('    factor: 2').replace('T06:00', ''), 'c')).toThrow(
      'is a local time',
    )
  })
})

describe('parseIcsCalendar', () => {
  const times = ['DTSTART;TZID=Europe/Berlin:20261102T060000', 'DURATION:PT30M']

  it('reads factor, tiers, regions, recurrence and exceptions', () => {
    const rules = ['RRULE:FREQ=WEEKLY;BYDAY=MO,TU', 'EXDATE;TZID=Europe/Berlin:20261103T060000']
    const own = ['X-MILLRACE-FACTOR:4', 'X-MILLRACE-TIERS:premium, bulk', 'X-MILLRACE-REGIONS:eu']
    const [event] = parseIcsCalendar(ics('SUMMARY:Factory opens', ...times, ...rules, ...own), 'c.ics')
    expect(event).toMatchObject({
      name: 'Factory opens',
      factor: 4,
      readingsPerSecond: 0,
      durationMs: 30 * MINUTE_MS,
    })
    expect(event).toMatchObject({ tiers: ['premium', 'bulk'], regions: ['eu'] })
    const starts = event.startsBetween(at('2026-11-01T00:00Z'), at('2026-11-10T00:00Z'))
    expect(starts).toEqual([at('2026-11-02T05:00Z'), at('2026-11-09T05:00Z')])
  })

  it('reads a factor out of the title, and leaves events aside that say nothing of demand', () => {
    expect(parseIcsCalendar(ics('SUMMARY:Sale ×2.5', ...times), 'c.ics')[0].factor).toBe(2.5)
    expect(parseIcsCalendar(ics('SUMMARY:Dentist, room x4b', ...times), 'c.ics')).toEqual([])
  })

  it('takes whole days and readings on top', () => {
    const day = ['DTSTART;VALUE=DATE:20261225', 'DTEND;VALUE=DATE:20261226']
    const [event] = parseIcsCalendar(ics(...day, 'X-MILLRACE-READINGS-PER-SECOND:50'), 'c.ics')
    expect(event).toMatchObject({
      name: 'event without a title',
      factor: 1,
      readingsPerSecond: 50,
      tiers: null,
    })
    expect(event.startsBetween(0, at('2027-01-01T00:00Z'))).toEqual([at('2026-12-25T00:00Z')])
  })

  it.each([
    [['X-MILLRACE-FACTOR:many', ...times], 'X-MILLRACE-FACTOR is "many"'],
    [['SUMMARY:Pause x0', ...times], 'a factor is above 0'],
    [['SUMMARY:Sale x2', ...times, 'X-MILLRACE-TIERS:gold'], 'tier "gold"; allowed are critical'],
    [['SUMMARY:Sale x2', 'DURATION:PT30M'], 'has no DTSTART'],
    [['SUMMARY:Sale x2', 'DTSTART:20261102T060000Z'], 'lasts no time'],
  ])('refuses %j', (lines, why) => {
    expect(() => parseIcsCalendar(ics(...lines), 'c.ics')).toThrow(why)
  })

  it('refuses what is not a calendar', () => {
    expect(() => parseIcsCalendar('hello', 'c.ics')).toThrow('c.ics: not an iCalendar')
  })
})
