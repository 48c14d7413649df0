/**
 * A calendar of known events as YAML (docs/forecast.md has an example). Unknown keys are refused, and every refusal says
 * which event and what is allowed.
 */
import { parse } from 'yaml'
import { z } from 'zod'
import { MillraceError } from '../../core/errors.ts'
import { TIERS } from '../../core/tiers.ts'
import { type KnownEvent, startsOf } from './known-event.ts'

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

const duration = z
  .string()
  .regex(/^[1-9]\d{0,6}[smhd]$/, 'is a number and a unit of s, m, h, d, such as 30m')
  .meta({ 'x-allowed': 'a number and a unit of s, m, h or d, such as 30m' })
  .transform((text) => Number(text.slice(0, -1)) * UNIT_MS[text.slice(-1)])

/** An event as it is written. */
export const calendarEvent = z
  .strictObject({
    name: z.string().min(1).max(128),
    starts: z
      .string()
      .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'is a local time such as 2026-11-02T06:00')
      .meta({ 'x-allowed': 'a local time such as 2026-11-02T06:00' }),
    duration,
    factor: z.number().min(0.01).max(1000).default(1),
    readingsPerSecond: z.number().min(0).default(0),
    rrule: z.string().min(1).nullable().default(null),
    timezone: z.string().min(1).default('UTC'),
    tiers: z.array(z.enum(TIERS)).min(1).nullable().default(null),
    regions: z.array(z.string().min(1)).min(1).nullable().default(null),
  })
  .refine(({ factor, readingsPerSecond }) => factor !== 1 || readingsPerSecond !== 0, {
    message: 'needs a factor other than 1 or readingsPerSecond, or it would do nothing',
  })
  .meta({
    'x-allowed':
      'name, starts, duration, and a factor other than 1 or readingsPerSecond: it would do nothing',
  })

export type CalendarEvent = z.output<typeof calendarEvent>

const calendar = z.strictObject({ events: z.array(calendarEvent).max(1000) })

/** `source` names the text in errors, such as its file. Throws `bad-config`. */
export function parseYamlCalendar(text: string, source: string): readonly KnownEvent[] {
  const read = calendar.safeParse(parsed(text, source))
  if (!read.success) throw refused(source, z.prettifyError(read.error))
  return read.data.events.map((event) => knownEvent(event, source))
}

/** The event that is written so; `source` says where. Throws `bad-config` for times that are not understood. */
export function knownEvent(written: CalendarEvent, source: string): KnownEvent {
  const { starts, duration, rrule, timezone, ...event } = written
  const start = starts.replaceAll(/[-:]/g, '').padEnd('20261102T060000'.length, '0')
  const times = { start, timeZone: timezone, rrule, exceptions: [] }
  return { ...event, durationMs: duration, startsBetween: startsOf(`${source}: ${event.name}`, times) }
}

function parsed(text: string, source: string): unknown {
  try {
    return parse(text)
  } catch (cause) {
    throw refused(source, String(cause))
  }
}

const refused = (source: string, why: string): MillraceError =>
  new MillraceError('bad-config', `${source}: not a calendar: ${why}`, { source })
