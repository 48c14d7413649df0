/**
 * Shapes of traffic as functions of time: a factor on the usual rate. What is drawn is drawn once, when a shape is made.
 * Time before the scenario counts as usual: nothing that has a time of its own has happened yet.
 */
import type { Random } from '../../core/random.ts'
import type { ShapeOptions } from '../scenario/fleet-options.ts'
import type { Trace } from '../scenario/trace.ts'
import { DAYS, type Span } from '../scenario/values.ts'
import { dayOf, sinceMidnight } from './local-clock.ts'

const DAY_MS = 86_400_000

/** `sinceMs` the start of the scenario, `localMs` on the region's clocks. */
export type Shape = (sinceMs: number, localMs: number) => number

export interface ShapeParts {
  readonly random: Random
  readonly startMs: number
  readonly devices: number
  readonly traceOf: (file: string, column: string) => Trace
}

export const draw = ({ least, most }: Span, random: Random): number =>
  most > least ? least + random() * (most - least) : least

type Given<kind extends keyof ShapeOptions> = NonNullable<ShapeOptions[kind]>

/** The shape of what is given; `noise` is no function of time (see noise.ts). */
export function shapeOf(given: ShapeOptions, parts: ShapeParts): Shape | undefined {
  if (given.daily) return daily(given.daily)
  if (given.curve) return curve(given.curve)
  if (given.weekly) return weekly(given.weekly)
  if (given.shifts) return shifts(given.shifts)
  if (given.ramp) return ramp(given.ramp)
  if (given.burst) return burst(given.burst, parts.random)
  if (given.trace) return replay(given.trace, parts)
  return undefined
}

function daily({ low, high, peak }: Given<'daily'>): Shape {
  const middle = (low + high) / 2
  const swing = (high - low) / 2
  return (_, localMs) => middle + swing * Math.cos((2 * Math.PI * (sinceMidnight(localMs) - peak)) / DAY_MS)
}

function curve(points: Given<'curve'>): Shape {
  const last = points[points.length - 1]
  const around = [
    { at: last.at - DAY_MS, value: last.value },
    ...points,
    { at: points[0].at + DAY_MS, value: points[0].value },
  ]
  return (_, localMs) => {
    const now = sinceMidnight(localMs)
    let next = 1
    while (around[next].at <= now) next++
    const from = around[next - 1]
    const to = around[next]
    return from.value + ((to.value - from.value) * (now - from.at)) / (to.at - from.at)
  }
}

function weekly(factors: Given<'weekly'>): Shape {
  const byDay = DAYS.map((day) => factors[day] ?? 1)
  return (_, localMs) => byDay[dayOf(localMs)]
}

function shifts({ at: steps, days, within }: Given<'shifts'>): Shape {
  const works = DAYS.map((day) => days === undefined || days.includes(day))
  const rest = steps[steps.length - 1].value
  /** What holds from the last step before a time on, and since when. */
  const stateAt = (localMs: number) => {
    const now = sinceMidnight(localMs)
    const day = dayOf(localMs)
    const index = steps.findLastIndex(({ at }) => at <= now)
    if (!works[day]) return { value: rest, since: now }
    if (index < 0) return { value: rest, since: now + DAY_MS - steps[steps.length - 1].at }
    return { value: steps[index].value, since: now - steps[index].at }
  }
  return (_, localMs) => {
    const { value, since } = stateAt(localMs)
    if (within === 0 || since >= within) return value
    const before = stateAt(localMs - since - 1).value
    return before + ((value - before) * since) / within
  }
}

function ramp({ at, over, from, to }: Given<'ramp'>): Shape {
  return (sinceMs) => from + (to - from) * Math.min(Math.max((sinceMs - at) / over, 0), 1)
}

function burst({ at, times, rise, fall, every, ...given }: Given<'burst'>, random: Random): Shape {
  const begin = draw(at, random)
  const lasts = draw(given.for, random)
  const factor = draw(times, random)
  return (sinceMs) => {
    const passed = sinceMs - begin
    const phase = every === undefined || passed < 0 ? passed : passed % every
    return 1 + (factor - 1) * envelope(phase, rise, lasts, fall)
  }
}

/** 0 before, up within `rise`, 1 for `lasts`, down within `fall`. */
export function envelope(sinceMs: number, rise: number, lasts: number, fall: number): number {
  if (sinceMs < 0 || sinceMs >= rise + lasts + fall) return 0
  if (sinceMs < rise) return sinceMs / rise
  if (sinceMs < rise + lasts) return 1
  return 1 - (sinceMs - rise - lasts) / fall
}

/** Between two rows it goes evenly; behind the last the first comes again. */
function replay({ file, column, step, level }: Given<'trace'>, { traceOf }: ShapeParts): Shape {
  const { values, mean, peak } = traceOf(file, column)
  const usual = level === 'mean' ? mean : peak
  const rows = values.length
  return (sinceMs) => {
    const row = sinceMs / step
    const before = Math.floor(row)
    const [from, to] = [values[modulo(before, rows)], values[modulo(before + 1, rows)]]
    return (from + (to - from) * (row - before)) / usual
  }
}

const modulo = (value: number, by: number): number => ((value % by) + by) % by
