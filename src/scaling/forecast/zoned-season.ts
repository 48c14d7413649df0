/**
 * Seasons by the clock on the wall of a time zone: a shift that begins at 6:00 stays in the slot of 6:00 when the clocks
 * change. The offset from UTC is asked of Intl once per half hour of interest and kept.
 */
import { MillraceError } from '../../core/errors.ts'
import type { Season } from './season.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS
const PROBE_MS = 30 * MINUTE_MS
const MAX_PROBES = 4096
const HOURS_PER_WEEK = 168

/** Offset of a time zone from UTC in milliseconds, by time. */
export type ZoneOffset = (at: number) => number

/** Throws `bad-config` for a time zone that is not known. */
export function zoneOffset(timeZone: string): ZoneOffset {
  if (timeZone === 'UTC') return () => 0
  const format = wallClock(timeZone)
  const known = new Map<number, number>()
  return (at) => {
    const probe = Math.floor(at / PROBE_MS)
    const offset = known.get(probe)
    if (offset !== undefined) return offset
    if (known.size >= MAX_PROBES) known.clear()
    const measured = measureOffset(format, probe * PROBE_MS)
    known.set(probe, measured)
    return measured
  }
}

function wallClock(timeZone: string): Intl.DateTimeFormat {
  const numeric = 'numeric'
  try {
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone, hourCycle: 'h23', year: numeric, month: numeric, day: numeric },
      ...{ hour: numeric, minute: numeric, second: numeric },
    })
  } catch (cause) {
    const message = `time zone "${timeZone}" is not known; allowed are IANA names such as Europe/Berlin, and UTC`
    throw new MillraceError('bad-config', message, { timeZone }, cause)
  }
}

function measureOffset(format: Intl.DateTimeFormat, at: number): number {
  const part: Record<string, number> = {}
  for (const { type, value } of format.formatToParts(at)) part[type] = Number(value)
  return Date.UTC(part.year, part.month - 1, part.day, part.hour, part.minute, part.second) - at
}

/** Steps are counted from the epoch; 1970-01-01 was a Thursday, which is where the week begins here. */
export function zonedSeason(stepMs: number, offset: ZoneOffset): Season {
  const wall = (step: number): number => step * stepMs + offset(step * stepMs)
  const daySlots = DAY_MS / stepMs
  return {
    ...{ daySlots, weekSlots: HOURS_PER_WEEK, stepsPerWeekSlot: HOUR_MS / stepMs },
    daySlot: (step) => Math.floor(modulo(wall(step), DAY_MS) / stepMs),
    weekSlot: (step) => Math.floor(modulo(wall(step), DAY_MS * 7) / HOUR_MS),
  }
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by
