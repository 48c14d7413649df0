/**
 * Known events, asked for what they do to the demand of a time. Their occurrences are expanded a week at a time and kept.
 * Of a time in which effects change, each series has the highest: forecasts are of the highest demand. What an event adds
 * is divided over its series as their demand is; evenly where they have none.
 */
import type { DemandSeries } from '../../core/scaling.ts'
import type { EventEffect } from './calendar-effect.ts'
import type { KnownEvent } from './known-event.ts'

const WEEK_MS = 7 * 86_400_000
const MAX_WEEKS = 64
const MAX_FACTORS = 64

interface Occurrence {
  readonly from: number
  readonly until: number
  readonly event: KnownEvent
  /** Indexes of the series it holds for. */
  readonly series: readonly number[]
}

export class Calendar {
  readonly #series: readonly DemandSeries[]
  #events: readonly KnownEvent[]
  readonly #weeks = new Map<number, readonly Occurrence[]>()
  readonly #factors = new Map<string, Float64Array>()
  readonly #nothing: Float64Array

  constructor(series: readonly DemandSeries[], events: readonly KnownEvent[]) {
    this.#series = series
    this.#nothing = new Float64Array(series.length)
    this.#events = events
  }

  replace(events: readonly KnownEvent[]): void {
    this.#events = events
    this.#weeks.clear()
    this.#factors.clear()
  }

  /** `demand` by series says how what is added is divided. Null = nothing is known of the time. */
  effectBetween(from: number, until: number, demand: Float64Array): EventEffect | null {
    if (this.#events.length === 0) return null
    const active = this.#between(from, until)
    if (active.length === 0) return null
    const changes = active.flatMap((occurrence) => [occurrence.from, occurrence.until])
    const instants = [from, ...changes.filter((at) => at > from && at < until)]
    const each = instants.map((at) => active.filter((one) => at >= one.from && at < one.until))
    return {
      factor: this.#factor(each),
      extra: this.#extra(each, demand),
      reason: [...new Set(active.map(({ event }) => inWords(event)))].join(', '),
    }
  }

  #between(from: number, until: number): readonly Occurrence[] {
    const found = new Set<Occurrence>()
    for (let week = Math.floor(from / WEEK_MS); week * WEEK_MS < until; week++) {
      for (const occurrence of this.#week(week)) {
        if (occurrence.from < until && occurrence.until > from) found.add(occurrence)
      }
    }
    return [...found]
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
      .startsBetween(begin - durationMs, begin + WEEK_MS)
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
    if (each.every((active) => active.every(({ event }) => event.readingsPerSecond === 0)))
      return this.#nothing
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

function inWords({ name, factor, readingsPerSecond }: KnownEvent): string {
  const times = factor === 1 ? [] : [`×${factor}`]
  const more = readingsPerSecond === 0 ? [] : [`+${readingsPerSecond}/s`]
  return `${name} (${[...times, ...more].join(' ')})`
}
