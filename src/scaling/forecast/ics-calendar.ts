/**
 * A calendar of known events as iCalendar (RFC 5545), as calendar programs export it. What an event does to demand stands
 * in X-MILLRACE-FACTOR and X-MILLRACE-READINGS-PER-SECOND, or, for programs that cannot write these, in the title: a word
 * `x4`, `×4` or `x0.5`. Events that say neither are left aside: a calendar has others, too. X-MILLRACE-TIERS and
 * X-MILLRACE-REGIONS name what it holds for, separated by commas.
 */
import ICAL from 'ical.js'
import { MillraceError } from '../../core/errors.ts'
import { type Tier, TIERS } from '../../core/tiers.ts'
import { type KnownEvent, startsOf } from './known-event.ts'

const IN_TITLE = /(?:^|\s)[x×](\d+(?:\.\d+)?)(?=\s|$)/i

/** `source` names the text in errors, such as its file. Throws `bad-config`. */
export function parseIcsCalendar(text: string, source: string): readonly KnownEvent[] {
  return component(text, source)
    .getAllSubcomponents('vevent')
    .flatMap((part) => eventOf(part, source))
}

function component(text: string, source: string): ICAL.Component {
  try {
    return ICAL.Component.fromString(text)
  } catch (cause) {
    throw refused(source, `not an iCalendar: ${cause instanceof Error ? cause.message : String(cause)}`)
  }
}

function eventOf(part: ICAL.Component, source: string): readonly KnownEvent[] {
  const name = textOf(part, 'summary') ?? 'event without a title'
  const where = `${source}: ${name}`
  const inTitle = IN_TITLE.exec(name)?.[1] ?? null
  const factor = numberOf(part, 'x-millrace-factor', where) ?? (inTitle === null ? null : Number(inTitle))
  const more = numberOf(part, 'x-millrace-readings-per-second', where)
  if (factor === null && more === null) return []
  if (factor === 0) throw refused(where, 'a factor is above 0')
  const { durationMs, startsBetween } = timesOf(part, where)
  const tiers = listOf(part, 'x-millrace-tiers')
  const unknown = tiers?.find((tier) => !isTier(tier))
  if (unknown !== undefined) throw refused(where, `tier "${unknown}"; allowed are ${TIERS.join(', ')}`)
  return [
    {
      ...{ name, durationMs, startsBetween, factor: factor ?? 1, readingsPerSecond: more ?? 0 },
      tiers: tiers?.filter(isTier) ?? null,
      regions: listOf(part, 'x-millrace-regions'),
    },
  ]
}

function timesOf(part: ICAL.Component, where: string): Pick<KnownEvent, 'durationMs' | 'startsBetween'> {
  const begin = part.getFirstProperty('dtstart')
  if (begin === null) throw refused(where, 'has no DTSTART')
  const durationMs = new ICAL.Event(part).duration.toSeconds() * 1000
  if (durationMs <= 0) throw refused(where, 'lasts no time; DTEND or DURATION says how long it does')
  const written = String(begin.getFirstValue()).replaceAll(/[-:Z]/g, '')
  const start = written.length === '20261102'.length ? `${written}T000000` : written
  const times = {
    ...{ start, timeZone: begin.getFirstParameter('tzid') || 'UTC', rrule: textOf(part, 'rrule') },
    exceptions: ['exdate', 'rdate']
      .flatMap((name) => part.getAllProperties(name))
      .map((p) => p.toICALString()),
  }
  return { durationMs, startsBetween: startsOf(where, times) }
}

const textOf = (part: ICAL.Component, name: string): string | null => {
  const value = part.getFirstPropertyValue(name)
  return value === null ? null : String(value)
}

function numberOf(part: ICAL.Component, name: string, where: string): number | null {
  const text = textOf(part, name)
  if (text === null) return null
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
  throw refused(where, `${name.toUpperCase()} is "${text}"; allowed is a number above 0`)
}

const listOf = (part: ICAL.Component, name: string): readonly string[] | null =>
  textOf(part, name)
    ?.split(',')
    .map((word) => word.trim()) ?? null

const isTier = (word: string): word is Tier => (TIERS as readonly string[]).includes(word)

const refused = (where: string, why: string): MillraceError =>
  new MillraceError('bad-config', `${where}: ${why}`, { where })
