/** Made-up demand for the tests of the forecaster. */
import type { DemandMask } from '../../../src/core/scaling.ts'
import type { KnownEvent } from '../../../src/scaling/forecast/known-event.ts'
import { SeasonalForecaster } from '../../../src/scaling/forecast/demand-forecaster.ts'

export const MONDAY = Date.UTC(2026, 0, 5)
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

export const SERIES = [
  { tier: 'premium', region: 'eu' },
  { tier: 'bulk', region: 'us' },
] as const

export const forecasterOf = (
  events: readonly KnownEvent[] = [],
  timeZone = 'UTC',
  leadMs = MINUTE_MS,
): SeasonalForecaster => new SeasonalForecaster({ series: SERIES, timeZone, leadMs, events })

/** Shows `seconds` from `from` on; `demand` is that of each of the two series. */
export function show(
  forecaster: SeasonalForecaster,
  from: number,
  seconds: number,
  demand: (at: number) => number,
  mask: DemandMask | null = null,
): void {
  for (let second = 0; second < seconds; second++) {
    const at = from + second * 1000
    const value = demand(at)
    forecaster.observe({ at, arrivals: Float64Array.of(value, value), activations: 0, mask })
  }
}

/** Lines of a history: hours of one value for both series together. */
export async function* historyOf(
  hours: number,
  demand: (at: number) => number,
  stepMs = HOUR_MS,
  from = MONDAY,
): AsyncGenerator<string> {
  yield 'time,demand'
  for (let hour = 0; hour < hours; hour++) {
    await Promise.resolve()
    yield `${from + hour * stepMs},${demand(from + hour * stepMs)}`
  }
}

export async function* linesOf(...lines: readonly string[]): AsyncGenerator<string> {
  for (const line of lines) yield await Promise.resolve(line)
}

/** By day from 6 to 18 h, on working days alone: 1000, else 200. */
export function shifts(at: number): number {
  const hour = (at / HOUR_MS) % 24
  const weekday = new Date(at).getUTCDay()
  return hour >= 6 && hour < 18 && weekday >= 1 && weekday <= 5 ? 1000 : 200
}
