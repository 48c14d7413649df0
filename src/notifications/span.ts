/** Spans of time in options: whole milliseconds, or a text such as `30s`; milliseconds from here on. */
import { z } from 'zod'
import { durationMs } from '../pipelines/builder/duration.ts'

const LONGEST_MS = 365 * 86_400_000

const ALLOWED = 'milliseconds, or a duration such as 500ms, 30s, 5m or 1h30m'

/** From `fromMs` to a year. */
export const span = (description: string, fromMs = 0) =>
  z
    .union([z.number(), z.string()])
    .refine((given) => isAllowed(durationMs(given), fromMs))
    .transform((given) => durationMs(given) ?? 0)
    .meta({ description, 'x-allowed': fromMs === 0 ? ALLOWED : `${ALLOWED}, at least ${fromMs} ms` })

const isAllowed = (ms: number | undefined, fromMs: number): boolean =>
  ms !== undefined && Number.isInteger(ms) && ms >= fromMs && ms <= LONGEST_MS
