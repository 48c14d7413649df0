/**
 * Kinds of values that scenarios are written with: `10m`, `1M`, `20%`, `[2m, 6m]` (drawn anew by every seed), `06:00`.
 */
import { z } from 'zod'
import { durationMs } from '../../pipelines/builder/duration.ts'

const MULTIPLES: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 }
const PER_MS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** A number, drawn evenly between its ends by every seed; most have one end. */
export interface Span {
  readonly least: number
  readonly most: number
}

function read<T>(parse: (given: string | number) => T | undefined, allowed: string, description: string) {
  return z
    .union([z.string(), z.number()])
    .refine((given) => parse(given) !== undefined)
    .transform((given) => parse(given) as T)
    .meta({ description, 'x-allowed': allowed })
}

const longEnough = (least: number) => (given: string | number) => {
  const ms = durationMs(given)
  return ms === undefined || ms < least ? undefined : ms
}

/** A duration of more than nothing, in milliseconds. */
export const duration = (description: string) =>
  read(longEnough(Number.MIN_VALUE), 'a duration of more than 0, such as 30s, 5m or 1h30m', description)

/** A duration that may be nothing: a place on the scenario's clock. */
export const offset = (description: string) =>
  read(longEnough(0), 'a duration such as 0s, 30s or 1h30m', description)

/** `10_000_000`, `10M`, `1.5k`. */
export function countOf(given: string | number): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) && given >= 0 ? given : undefined
  const [, digits, multiple] = /^(\d[\d_]*(?:\.\d+)?)([kMG]?)$/.exec(given.trim()) ?? []
  return digits === undefined ? undefined : Number(digits.replaceAll('_', '')) * MULTIPLES[multiple]
}

export const count = (description: string) =>
  read(countOf, 'a number of 0 or more, such as 5000, 10k or 1.5M', description)

/** `20%` or 0.2; may be more than everything. */
export function shareOf(given: string | number): number | undefined {
  if (typeof given === 'number') return Number.isFinite(given) && given >= 0 ? given : undefined
  const [, digits] = /^(\d+(?:\.\d+)?)\s*%$/.exec(given.trim()) ?? []
  return digits === undefined ? undefined : Number(digits) / 100
}

const atMostAll = (given: string | number): number | undefined => {
  const share = shareOf(given)
  return share === undefined || share > 1 ? undefined : share
}

export const share = (description: string) =>
  read(atMostAll, 'a share from 0% to 100%, or a number from 0 to 1', description)

/** Per second: `1k/s`, `10/m`, `2/h`, or a number of things per second. */
export function rateOf(given: string | number): number | undefined {
  if (typeof given === 'number') return countOf(given)
  const [, digits, unit] = /^([^/]+)\/([smh])$/.exec(given.trim()) ?? []
  const counted = countOf(digits ?? given)
  return counted === undefined ? undefined : counted / (PER_MS[unit] ?? 1)
}

export const rate = (description: string) =>
  read(rateOf, 'a rate of 0 or more, such as 250k/s, 10/m or 5000', description)

/** One value, or the two ends between which each seed draws its own. */
function span(parse: (given: string | number) => number | undefined, allowed: string, description: string) {
  const one = z.union([z.string(), z.number()])
  const spanOf = (given: string | number | readonly (string | number)[]): Span | undefined => {
    const [least, most] = (Array.isArray(given) ? given : [given, given]).map(parse)
    return least === undefined || most === undefined || most < least ? undefined : { least, most }
  }
  return z
    .union([one, z.tuple([one, one])])
    .refine((given) => spanOf(given) !== undefined)
    .transform((given) => spanOf(given) as Span)
    .meta({
      description,
      'x-allowed': `${allowed}, or two of them, of which the first is not above the other`,
    })
}

export const durations = (description: string) =>
  span(longEnough(0), 'a duration such as 0s, 30s or 1h30m', description)
export const counts = (description: string) => span(countOf, 'a number such as 5000 or 10k', description)
export const factors = (description: string) => span(countOf, 'a factor of 0 or more', description)
export const shares = (description: string) =>
  span(atMostAll, 'a share from 0% to 100%, or a number from 0 to 1', description)

const MINUTE_MS = 60_000

/** `06:30` as milliseconds since midnight. */
export function timeOfDay(given: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(given) ?? []
  return hours === undefined ? undefined : (Number(hours) * 60 + Number(minutes)) * MINUTE_MS
}

export const clockTime = (description: string) =>
  z
    .string()
    .refine((given) => timeOfDay(given) !== undefined)
    .transform((given) => timeOfDay(given) as number)
    .meta({ description, 'x-allowed': 'a time of day such as 06:30' })

/** Values by time of day: `{ '06:00': 4, '22:00': 1 }`, in order. */
export const byClockTime = (description: string) =>
  z
    .record(z.string(), z.number().min(0))
    .refine(
      (given) =>
        Object.keys(given).length > 0 && Object.keys(given).every((at) => timeOfDay(at) !== undefined),
    )
    .transform((given) =>
      Object.entries(given)
        .map(([at, value]) => ({ at: timeOfDay(at) as number, value }))
        .sort((a, b) => a.at - b.at),
    )
    .meta({ description, 'x-allowed': "times of day and factors, such as { '06:00': 4, '22:00': 1 }" })

export const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const

export const days = (description: string) => z.array(z.enum(DAYS)).min(1).meta({ description })

export const zone = (description: string) =>
  z
    .string()
    .refine(isZone)
    .meta({ description, 'x-allowed': 'a time zone of the IANA database, such as Europe/Berlin or UTC' })

function isZone(given: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: given })
    return true
  } catch {
    return false
  }
}

export const place = {
  lat: z.number().min(-90).max(90).meta({ description: 'Latitude in degrees.' }),
  lon: z.number().min(-180).max(180).meta({ description: 'Longitude in degrees.' }),
}

/** Which of several keys a group that may have only one of them has; its path gets the problem. */
export interface KeyProblem {
  readonly path: readonly (string | number)[]
  readonly message: string
}

export function oneOf(
  given: object,
  kinds: readonly string[],
  path: readonly (string | number)[],
): KeyProblem[] {
  const there = kinds.filter((kind) => kind in given && given[kind as keyof typeof given] !== undefined)
  if (there.length === 1) return []
  const words = there.length === 0 ? 'says nothing' : `says ${there.join(' and ')}`
  return [{ path, message: `${words}; give one of ${kinds.join(', ')}` }]
}
