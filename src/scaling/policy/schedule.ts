/**
 * Bounds that hold at certain times: recurring windows after RFC 5545, in the local time of a zone, so that a shift at six
 * is at six all year. Only the two windows next to now are kept, so that asking costs nothing.
 */
import { RRuleTemporal } from 'rrule-temporal'

export interface ScheduleOptions {
  readonly name: string
  /** Local time of the first window, `2026-01-05T06:00`. */
  readonly starts: string
  /** IANA name, such as Europe/Berlin. */
  readonly timezone: string
  readonly durationMs: number
  /** Recurrence, such as `FREQ=WEEKLY;BYDAY=MO,TU`; '' = once. */
  readonly rrule: string
  /** Units that are there at least, and at most, meanwhile; null = as always. */
  readonly min: number | null
  readonly max: number | null
}

/** What the schedule asks for. */
export interface ScheduledBounds {
  readonly min: number
  readonly max: number
  /** Names of the windows that they are from; '' = none. */
  readonly minOf: string
  readonly maxOf: string
}

interface Window {
  readonly from: number
  readonly until: number
}

const ONCE = 'FREQ=DAILY;COUNT=1'
const LOCAL_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/

/** Why it is no schedule; '' = it is one. */
export function scheduleProblem(options: ScheduleOptions): string {
  if (!LOCAL_TIME.test(options.starts)) return 'starts: allowed: a local time such as 2026-01-05T06:00'
  try {
    ruleOf(options).next(new Date(0), true)
    return ''
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

export class Schedule {
  readonly #entries: readonly ScheduleEntry[]

  constructor(schedule: readonly ScheduleOptions[]) {
    this.#entries = schedule.map((options) => new ScheduleEntry(options))
  }

  /** What holds at `at`; a minimum holds already when its window begins within `leadMs`. */
  bounds(at: number, leadMs: number): ScheduledBounds {
    let bounds: ScheduledBounds = { min: 0, max: Infinity, minOf: '', maxOf: '' }
    for (const entry of this.#entries) {
      const { name, min, max } = entry.options
      if (min !== null && min > bounds.min && entry.isWithin(at, at + leadMs))
        bounds = { ...bounds, min, minOf: name }
      if (max !== null && max < bounds.max && entry.isWithin(at, at)) bounds = { ...bounds, max, maxOf: name }
    }
    return bounds
  }

  /** The highest minimum of any window between the times. */
  highestMin(from: number, until: number): number {
    const minima = this.#entries.map(({ options, isBetween }) =>
      isBetween(from, until) ? (options.min ?? 0) : 0,
    )
    return Math.max(0, ...minima)
  }
}

class ScheduleEntry {
  readonly options: ScheduleOptions
  readonly #rule: RRuleTemporal
  /** The window that has not ended at `#since`, and nothing before it; undefined = there is none any more. */
  #next: Window | undefined
  #since = Infinity

  constructor(options: ScheduleOptions) {
    this.options = options
    this.#rule = ruleOf(options)
  }

  /** Is a part of a window between the times? The first of them only moves on, but for a clock that is set back. */
  isWithin(from: number, until: number): boolean {
    if (from < this.#since || (this.#next !== undefined && this.#next.until <= from)) {
      this.#next = this.#windowAfter(from)
      this.#since = from
    }
    return this.#next !== undefined && this.#next.from <= until
  }

  readonly isBetween = (from: number, until: number): boolean => {
    const window = this.#windowAfter(from)
    return window !== undefined && window.from < until
  }

  /** The first window that has not ended then. */
  #windowAfter(at: number): Window | undefined {
    const { durationMs } = this.options
    const start = this.#rule.next(new Date(at - durationMs), false)
    if (start === null) return undefined
    const from = start.epochMilliseconds
    return { from, until: from + durationMs }
  }
}

function ruleOf({ starts, timezone, rrule }: ScheduleOptions): RRuleTemporal {
  const digits = starts.replaceAll(/[-:]/g, '').padEnd(15, '0')
  return new RRuleTemporal({
    rruleString: `DTSTART;TZID=${timezone}:${digits}\nRRULE:${rrule === '' ? ONCE : rrule}`,
  })
}
