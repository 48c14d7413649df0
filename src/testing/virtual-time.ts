import { durationMs } from '../history/duration.ts'

/** Where tests begin unless they say otherwise: 2027-01-01T00:00:00Z. */
export const DEFAULT_START = Date.UTC(2027, 0, 1)

/** `'5m'`, or milliseconds. */
export type Span = string | number

export function spanMs(span: Span): number {
  const ms = typeof span === 'number' ? span : durationMs(span)
  if (ms !== undefined && ms >= 0) return ms
  throw new RangeError(
    `${JSON.stringify(span)} is no duration: '500ms', '30s', '5m', '1h', '1d', or milliseconds`,
  )
}

/** A date, milliseconds since 1970, or a span since `start` such as `'90s'`. */
export function instantMs(at: string | number, start: number): number {
  if (typeof at === 'number') return at
  const span = durationMs(at)
  const instant = span === undefined ? Date.parse(at) : start + span
  if (!Number.isNaN(instant)) return instant
  throw new RangeError(
    `${JSON.stringify(at)} is neither a date nor a span since the start of the test such as '90s'`,
  )
}
