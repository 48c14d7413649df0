/**
 * When a job is wanted: once, or by a rule of RFC 5545 in a time zone. The rule is counted in wall-clock time, so that
 * what a clock change leaves out is moved and not lost; therefore days are the shortest frequency.
 */
import { RRuleTemporal } from 'rrule-temporal'
import { MillraceError } from '../core/errors.ts'
import { instantOf, momentOf, wallOf } from './zoned-time.ts'

export interface RecurrenceOptions {
  readonly startsAt: number
  readonly timeZone: string
  readonly rrule: string
}

const FREQUENCIES = ['DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY']
const PARTS = [
  ...['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'BYMONTH', 'BYWEEKNO', 'BYYEARDAY', 'BYMONTHDAY', 'BYDAY'],
  ...['BYHOUR', 'BYMINUTE', 'BYSETPOS', 'WKST'],
]
/** Longer than any clock change. */
const MOVED_MS = 86_400_000
/** Days, weeks, months or years that are looked at for the next time: a 29 February is among them. */
const MAX_PERIODS = 3000
const UNTIL = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)(Z?))?$/

export class Recurrence {
  readonly #startsAt: number
  readonly #timeZone: string
  readonly #rule: RRuleTemporal | undefined
  readonly #until: number
  /** What was asked last, and the answer: it is asked the same every second. */
  #latest: readonly [number, number] = [Infinity, -Infinity]
  /** Nothing comes from here on: to find that out takes longest. */
  #over = Infinity

  /** Throws bad-request for a rule that is none, or that never comes true. */
  constructor({ startsAt, timeZone, rrule }: RecurrenceOptions) {
    this.#startsAt = startsAt
    this.#timeZone = timeZone
    this.#until = Infinity
    if (rrule === '') return
    const { parts, until } = partsOf(rrule, timeZone)
    this.#until = until
    this.#rule = ruleOf(rrule, parts, wallOf(startsAt, timeZone))
    if (this.from(startsAt) === undefined) throw refused(rrule, 'it never comes true')
  }

  /** The first time at or after `at`; undefined after the last. */
  from(at: number): number | undefined {
    if (this.#rule === undefined) return at <= this.#startsAt ? this.#startsAt : undefined
    const [asked, found] = this.#latest
    if (at >= asked && at <= found) return found
    if (at >= this.#over) return undefined
    const next = this.#from(at)
    if (next === undefined) this.#over = at
    else this.#latest = [at, next]
    return next
  }

  #from(at: number): number | undefined {
    const after = Math.max(at, this.#startsAt)
    let wall = this.#next(wallOf(after, this.#timeZone) - MOVED_MS, true)
    while (wall !== undefined) {
      const instant = instantOf(wall, this.#timeZone)
      if (instant > this.#until) return undefined
      if (instant >= after) return instant
      wall = this.#next(wall, false)
    }
    return undefined
  }

  #next(wall: number, isInclusive: boolean): number | undefined {
    return this.#rule?.next(new Date(wall), isInclusive)?.epochMilliseconds
  }
}

function partsOf(rrule: string, zone: string): { parts: string; until: number } {
  const given = rrule
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, '')
    .split(';')
  const parts = new Map(given.map((part) => part.split('=', 2) as [string, string]))
  const unknown = [...parts.keys()].find((part) => !PARTS.includes(part))
  if (unknown !== undefined)
    throw refused(rrule, `${JSON.stringify(unknown)} is no part; allowed: ${PARTS.join(', ')}`)
  if (!FREQUENCIES.includes(parts.get('FREQ') ?? ''))
    throw refused(rrule, `allowed as FREQ: ${FREQUENCIES.join(', ')}`)
  const until = parts.get('UNTIL')
  parts.delete('UNTIL')
  if (until !== undefined && parts.has('COUNT')) throw refused(rrule, 'COUNT and UNTIL exclude each other')
  return {
    parts: [...parts].map(([name, value]) => `${name}=${value}`).join(';'),
    until: until === undefined ? Infinity : untilOf(rrule, until, zone),
  }
}

/** A date without a time is all of that day. */
function untilOf(rrule: string, text: string, zone: string): number {
  const [, year, month, day, hour = '23', minute = '59', second = '59', utc = ''] = UNTIL.exec(text) ?? []
  const moment = momentOf(`${year}-${month}-${day}T${hour}:${minute}:${second}${utc}`, zone)
  if (moment === undefined)
    throw refused(rrule, 'allowed as UNTIL: 20271231, 20271231T235959 or 20271231T235959Z')
  return moment
}

function ruleOf(rrule: string, parts: string, wallMs: number): RRuleTemporal {
  const start = new Date(wallMs).toISOString().replace(/[-:]|\.\d+/g, '')
  try {
    const rruleString = `DTSTART:${start}\nRRULE:${parts}`
    const rule = new RRuleTemporal({ rruleString, strict: true, maxIterations: MAX_PERIODS })
    rule.next(new Date(wallMs), true)
    return rule
  } catch (error) {
    throw refused(rrule, (error as Error).message, error)
  }
}

const refused = (rrule: string, why: string, cause?: unknown): MillraceError =>
  new MillraceError('bad-request', `rrule: ${JSON.stringify(rrule)} is not allowed: ${why}`, {}, cause)
