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

  constructor(series: readonly DemandSeries[], events: readonly KnownEvent[]) {
    this.#series = series
    this.#events = events
  }

  replace(events: readonly KnownEvent[]): void {
    this.#events = events
    this.#weeks.clear()
  }

  /** `demand` by series says how what is added is divided. Null = nothing is known of the time. */
  effectBetween(from: number, until: number, demand: Float64Array): EventEffect | null {
    if (this.#events.length === 0) return null
    const active = this.#between(from, until)
    if (active.length === 0) return null
    const changes = active.flatMap((occurrence) => [occurrence.from, occurrence.until])
    const instants = [from, ...changes.filter((at) => at > from && at < until)]
    const effects = instants.map((at) => this.#effectAt(at, active, demand))
    return {
      factor: highest(effects.map(({ factor }) => factor)),
      extra: highest(effects.map(({ extra }) => extra)),
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

  #effectAt(at: number, active: readonly Occurrence[], demand: Float64Array): Effects {
    const factor = new Float64Array(this.#series.length).fill(1)
    const extra = new Float64Array(this.#series.length)
    for (const { from, until, event, series } of active) {
      if (at < from || at >= until) continue
      for (const i of series) factor[i] *= event.factor
      if (event.readingsPerSecond > 0) addShares(extra, event.readingsPerSecond, series, demand)
    }
    return { factor, extra }
  }
}

type Effects = Pick<EventEffect, 'factor' | 'extra'>

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
