/**
 * Something that will change demand at a known time: "factory opens, 6:00, ×4". When it happens is told as in iCalendar
 * (RFC 5545): a start on the clocks of a time zone, and a rule by which it recurs. The start stays at the same local time
 * when the clocks change.
 */
import { RRuleTemporal } from 'rrule-temporal'
import { MillraceError } from '../../core/errors.ts'
import type { Tier } from '../../core/tiers.ts'

export interface KnownEvent {
  readonly name: string
  readonly durationMs: number
  /** Usual demand is multiplied by it. */
  readonly factor: number
  /** Readings per second on top, all series it holds for together. */
  readonly readingsPerSecond: number
  /** Null = all. */
  readonly tiers: readonly Tier[] | null
  /** Names; null = all. */
  readonly regions: readonly string[] | null
  /** Beginnings in a time, both ends included. */
  startsBetween(from: number, until: number): readonly number[]
}

/** When an event happens, in the words of iCalendar. */
export interface EventTimes {
  /** Local time as `20261102T060000`. */
  readonly start: string
  readonly timeZone: string
  /** Such as `FREQ=WEEKLY;BYDAY=MO,FR`; null = once. */
  readonly rrule: string | null
  /** Lines `EXDATE…` and `RDATE…`, as they are. */
  readonly exceptions: readonly string[]
}

const ONCE = 'FREQ=DAILY;COUNT=1'

/** Throws `bad-config` for times that are not understood; `where` says whose they are. */
export function startsOf(where: string, times: EventTimes): KnownEvent['startsBetween'] {
  const { start, timeZone, rrule, exceptions } = times
  const lines = [`DTSTART;TZID=${timeZone}:${start}`, `RRULE:${rrule ?? ONCE}`, ...exceptions]
  const rule = understood(where, times, () => new RRuleTemporal({ rruleString: lines.join('\n') }))
  return (from, until) =>
    rule.between(new Date(from), new Date(until), true).map(({ epochMilliseconds }) => epochMilliseconds)
}

function understood<Value>(where: string, { start, timeZone, rrule }: EventTimes, read: () => Value): Value {
  try {
    return read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const said = [start, timeZone, rrule].filter((word) => word !== null).join(', ')
    const message = `${where}: when it happens (${said}) is not understood: ${why}; allowed is what RFC 5545 allows`
    throw new MillraceError('bad-config', message, { start, timeZone, rrule }, cause)
  }
}
