import { describe, expect, it } from 'vitest'
import { costPerHour, unitsWithin } from '../../../src/scaling/policy/cost-model.ts'
import { Schedule, scheduleProblem, type ScheduleOptions } from '../../../src/scaling/policy/schedule.ts'
import { POLICY } from '../rig.ts'

const HOUR = 3_600_000
const SHIFT: ScheduleOptions = {
  ...{ name: 'shift', starts: '2026-03-02T06:00', timezone: 'Europe/Berlin', durationMs: 8 * HOUR },
  ...{ rrule: 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR', min: 4, max: 6 },
}

describe('Schedule', () => {
  it('begins at the same local time before and after the clocks change', () => {
    const schedule = new Schedule([SHIFT])
    const winter = Date.UTC(2026, 2, 27, 5)
    const summer = Date.UTC(2026, 2, 30, 4)
    expect(schedule.bounds(winter - 1, 0).min).toBe(0)
    expect(schedule.bounds(winter, 0)).toEqual({ min: 4, max: 6, minOf: 'shift', maxOf: 'shift' })
    expect(schedule.bounds(winter + 8 * HOUR - 1, 0).min).toBe(4)
    expect(schedule.bounds(winter + 8 * HOUR, 0).min).toBe(0)
    expect(schedule.bounds(summer - 1, 0).min).toBe(0)
    expect(schedule.bounds(summer, 0).min).toBe(4)
  })

  it('answers for times before the last one asked for', () => {
    const schedule = new Schedule([SHIFT])
    schedule.bounds(Date.UTC(2026, 5, 1), 0)
    expect(schedule.bounds(Date.UTC(2026, 2, 27, 6), 0).min).toBe(4)
  })

  it('takes the highest minimum and the lowest maximum of several windows', () => {
    const more = { ...SHIFT, name: 'more', min: 5, max: 9 }
    const less = { ...SHIFT, name: 'less', min: null, max: 3 }
    const bounds = new Schedule([SHIFT, more, less]).bounds(Date.UTC(2026, 2, 27, 6), 0)
    expect(bounds).toEqual({ min: 5, max: 3, minOf: 'more', maxOf: 'less' })
  })

  it('is over when it was once', () => {
    const once = new Schedule([{ ...SHIFT, rrule: '', starts: '2026-03-02T06:00:30' }])
    expect(once.bounds(Date.UTC(2026, 2, 2, 5, 0, 30), 0).min).toBe(4)
    expect(once.bounds(Date.UTC(2026, 2, 3, 6), 0).min).toBe(0)
    expect(once.bounds(Date.UTC(2026, 2, 4, 6), 0).min).toBe(0)
    expect(once.highestMin(Date.UTC(2026, 2, 3), Date.UTC(2026, 3, 3))).toBe(0)
  })

  it('knows the highest minimum of a time to come', () => {
    const schedule = new Schedule([SHIFT, { ...SHIFT, min: null }])
    const monday = Date.UTC(2026, 2, 9)
    expect(schedule.highestMin(monday, monday + 4 * HOUR)).toBe(0)
    expect(schedule.highestMin(monday, monday + 6 * HOUR)).toBe(4)
  })

  it('says what is no schedule', () => {
    expect(scheduleProblem(SHIFT)).toBe('')
    expect(scheduleProblem({ ...SHIFT, starts: 'six' })).toContain('2026-01-05T06:00')
    expect(scheduleProblem({ ...SHIFT, timezone: 'Mars/Base' })).toContain('MARS/BASE')
    expect(scheduleProblem({ ...SHIFT, rrule: 'sometimes' })).toContain('FREQ')
    expect(scheduleProblem({ ...SHIFT, rrule: 'FREQ=SECONDLY' })).toContain('hours or longer')
  })
})

describe('the cost model', () => {
  const cost = { ...POLICY.cost, perUnitHour: 0.3, reservedUnits: 2, perReservedUnitHour: 0.1 }

  it('pays for reserved units whether they are there or not', () => {
    expect(costPerHour(cost, 0)).toBeCloseTo(0.2)
    expect(costPerHour(cost, 5)).toBeCloseTo(1.1)
  })

  it('allows as many units as the ceiling pays for, and the reserved ones always', () => {
    expect(unitsWithin({ ...cost, ceilingPerHour: 1.1 })).toBe(5)
    expect(unitsWithin({ ...cost, ceilingPerHour: 0 })).toBe(2)
    expect(unitsWithin({ ...cost, ceilingPerHour: null })).toBe(Infinity)
    expect(unitsWithin({ ...cost, perUnitHour: 0, ceilingPerHour: 1 })).toBe(Infinity)
  })
})
