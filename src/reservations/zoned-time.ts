/**
 * Wall-clock time of a zone, as milliseconds that would be UTC. A time that a clock change leaves out is taken as if the
 * clock had not been changed yet (02:30 becomes 03:30); of one that comes twice the first is meant. So RFC 5545 has it
 * for times that are written, and a plan that a clock change made disappear would surprise everybody.
 */
const DAY_MS = 86_400_000
const formats = new Map<string, Intl.DateTimeFormat>()

export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone)
    return true
  } catch {
    return false
  }
}

export function wallOf(epochMs: number, zone: string): number {
  const at: Record<string, number> = {}
  for (const { type, value } of formatOf(zone).formatToParts(epochMs)) at[type] = Number(value)
  const wholeSecond = Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second)
  return wholeSecond + (((epochMs % 1000) + 1000) % 1000)
}

export function instantOf(wallMs: number, zone: string): number {
  const before = offsetAt(wallMs - DAY_MS, zone)
  const after = offsetAt(wallMs + DAY_MS, zone)
  for (const offset of [before, after]) if (wallOf(wallMs - offset, zone) === wallMs) return wallMs - offset
  return wallMs - before
}

const LOCAL = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)?$/
const ABSOLUTE = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)$/

/** `2026-03-29T02:30` is of the zone, `…Z` and `…+02:00` say theirs. Undefined: not a time. */
export function momentOf(text: string, zone: string): number | undefined {
  if (ABSOLUTE.test(text)) return existing(Date.parse(text))
  if (!LOCAL.test(text)) return undefined
  const wallMs = existing(Date.parse(`${text.length === 10 ? `${text}T00:00` : text}Z`))
  return wallMs === undefined ? undefined : instantOf(wallMs, zone)
}

const existing = (ms: number): number | undefined => (Number.isNaN(ms) ? undefined : ms)

const offsetAt = (epochMs: number, zone: string): number => wallOf(epochMs, zone) - epochMs

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    const numeric = 'numeric' as const
    const day = { year: numeric, month: numeric, day: numeric }
    const time = { hour: numeric, minute: numeric, second: numeric, hourCycle: 'h23' as const }
    format = new Intl.DateTimeFormat('en-US', { ...day, ...time, timeZone, calendar: 'gregory' })
    formats.set(timeZone, format)
  }
  return format
}
