/**
 * Known events, asked for what they do to the demand of a time. Their occurrences are expanded a week at a time and kept, and
 * so is what is known of the calms between two changes: a forecaster asks dozens of times a second for what is mostly the same.
 * Of a time in which effects change, each series has the highest: forecasts are of the highest demand. What an event adds
 * is divided over its series as their demand is; evenly where they have none.
 */
import type { DemandSeries } from '../../core/scaling.ts'
import type { EventEffect } from './calendar-effect.ts'
import type { KnownEvent } from './known-event.ts'

const WEEK_MS = 7 * 86_400_000
const MAX_WEEKS = 64
const MAX_FACTORS = 64
const MAX_CALMS = 8

interface Occurrence {
  readonly from: number
  readonly until: number
  readonly event: KnownEvent
  /** Indexes of the series it holds for. */
  readonly series: readonly number[]
}

/** A time in which nothing begins or ends. */
interface Calm {
  readonly from: number
  readonly until: number
  readonly active: readonly Occurrence[]
  /** Null = nothing is active. What is added depends on the demand and isn't in it. */
  readonly effect: EventEffect | null
  readonly isAdding: boolean
}

export class Calendar {
  readonly #series: readonly DemandSeries[]
  #events: readonly KnownEvent[]
  readonly #weeks = new Map<number, readonly Occurrence[]>()
  readonly #factors = new Map<string, Float64Array>()
  /** Asked for lately. */
  readonly #calms: Calm[] = []

  constructor(series: readonly DemandSeries[], events: readonly KnownEvent[]) {
    this.#series = series
    this.#events = events
  }

  replace(events: readonly KnownEvent[]): void {
    this.#events = events
    this.#weeks.clear()
    this.#factors.clear()
    this.#calms.length = 0
  }

  /** `demand` by series says how what is added is divided. Null = nothing is known of the time. */
  effectBetween(from: number, until: number, demand: Float64Array): EventEffect | null {
    if (this.#events.length === 0) return null
    const calm = this.#calmAt(from)
    if (until > calm.until) return this.#effectOfChanges(from, until, demand)
    if (calm.effect === null || !calm.isAdding) return calm.effect
    const { factor, reason } = calm.effect
    return { factor, extra: this.#extra([calm.active], demand), reason }
  }

  #effectOfChanges(from: number, until: number, demand: Float64Array): EventEffect | null {
    const active = this.#between(from, until)
    if (active.length === 0) return null
    const changes = active.flatMap((occurrence) => [occurrence.from, occurrence.until])
    const instants = [from, ...changes.filter((at) => at > from && at < until)]
    const each = instants.map((at) => active.filter((one) => at >= one.from && at < one.until))
    return {
      factor: this.#factor(each),
      extra: active.some(isAdding) ? this.#extra(each, demand) : null,
      reason: reasonOf(active),
    }
  }

  #calmAt(at: number): Calm {
    for (const calm of this.#calms) if (at >= calm.from && at < calm.until) return calm
    const made = this.#calmOf(at)
    if (this.#calms.length >= MAX_CALMS) this.#calms.shift()
    this.#calms.push(made)
    return made
  }

  #calmOf(at: number): Calm {
    const week = Math.floor(at / WEEK_MS)
    const there = this.#week(week)
    let [from, until] = [week * WEEK_MS, (week + 1) * WEEK_MS]
    for (const change of there.flatMap((occurrence) => [occurrence.from, occurrence.until])) {
      if (change <= at) from = Math.max(from, change)
      else until = Math.min(until, change)
    }
    const active = there.filter((occurrence) => occurrence.from <= at && occurrence.until > at)
    const effect =
      active.length === 0 ? null : { factor: this.#factor([active]), extra: null, reason: reasonOf(active) }
    return { from, until, active, effect, isAdding: active.some(isAdding) }
  }

  #between(from: number, until: number): readonly Occurrence[] {
    const first = Math.floor(from / WEEK_MS)
    const found: Occurrence[] = []
    for (let week = first; week * WEEK_MS < until; week++) {
      for (const occurrence of this.#week(week)) {
        // what began in the week before is one of that week, too
        const isNew = week === first || occurrence.from >= week * WEEK_MS
        if (isNew && occurrence.from < until && occurrence.until > from) found.push(occurrence)
      }
    }
    return found
  }

  #week(week: number): readonly Occurrence[] {
    const kept = this.#weeks.get(week)
    if (kept !== undefined) return kept
    if (this.#weeks.size >= MAX_WEEKS) this.#weeks.clear()
    const made = this.#events.flatMap((event) => this.#occurrences(event, week * WEEK_MS))
    this.#weeks.set(week, made)
    return made
  }

  #occurrences(event: KnownEvent, begin: number): readonly Occurrence[] {
    const { durationMs, tiers, regions } = event
    const series = this.#series.flatMap(({ tier, region }, i) =>
      (tiers === null || tiers.includes(tier)) && (regions === null || regions.includes(region)) ? [i] : [],
    )
    return event
      .startsBetween(begin - durationMs, begin + WEEK_MS - 1)
      .map((from) => ({ from, until: from + durationMs, event, series }))
  }

  /** The highest of some instants, of which each has events. It is kept, as it is the same again second after second. */
  #factor(each: readonly (readonly Occurrence[])[]): Float64Array {
    const key = each.map((active) => active.map(({ event }) => this.#events.indexOf(event)).join()).join(';')
    const kept = this.#factors.get(key)
    if (kept !== undefined) return kept
    if (this.#factors.size >= MAX_FACTORS) this.#factors.clear()
    const made = highest(
      each.map((active) => {
        const factor = new Float64Array(this.#series.length).fill(1)
        for (const { event, series } of active) for (const i of series) factor[i] *= event.factor
        return factor
      }),
    )
    this.#factors.set(key, made)
    return made
  }

  #extra(each: readonly (readonly Occurrence[])[], demand: Float64Array): Float64Array {
    return highest(
      each.map((active) => {
        const extra = new Float64Array(this.#series.length)
        for (const { event, series } of active) addShares(extra, event.readingsPerSecond, series, demand)
        return extra
      }),
    )
  }
}

function addShares(
  extra: Float64Array,
  amount: number,
  series: readonly number[],
  demand: Float64Array,
): void {
  let all = 0
  for (const i of series) all += demand[i]
  for (const i of series) extra[i] += all > 0 ? (amount * demand[i]) / all : amount / series.length
}

/** The first is written over. */
function highest([first, ...others]: readonly Float64Array[]): Float64Array {
  for (const other of others)
    for (let i = 0; i < first.length; i++) if (other[i] > first[i]) first[i] = other[i]
  return first
}

const isAdding = ({ event }: Occurrence): boolean => event.readingsPerSecond !== 0

const reasonOf = (active: readonly Occurrence[]): string =>
  [...new Set(active.map(({ event }) => inWords(event)))].join(', ')

function inWords({ name, factor, readingsPerSecond }: KnownEvent): string {
  const times = factor === 1 ? [] : [`×${factor}`]
  const more = readingsPerSecond === 0 ? [] : [`+${readingsPerSecond}/s`]
  return `${name} (${[...times, ...more].join(' ')})`
}
