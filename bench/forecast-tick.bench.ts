/**
 * What a tick costs with many series that know their days already: one second observed and one forecast at a minute's lead,
 * minute and hour boundaries included. Compared with a plain pass over the arrivals. The check is the demand expected last.
 */
import { SeasonalForecaster } from '../src/scaling/forecast/demand-forecaster.ts'
import { TIERS } from '../src/core/tiers.ts'
import { benchCase, type BenchResult, benchResult, timed } from './bench.ts'

export interface Size {
  readonly series: number
  /** Of history, minute by minute. With more than a day of them, days are seasons. */
  readonly minutes: number
  readonly seconds: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 8, minutes: 10, seconds: 200 },
  full: { series: 1000, minutes: 26 * 60, seconds: 8000 },
}

const START = Date.UTC(2026, 0, 5)
const MINUTE_MS = 60_000
const LEAD_MS = MINUTE_MS
const WARM_UP = 100

export async function run({ series, minutes, seconds }: Size): Promise<BenchResult> {
  const names = Array.from({ length: series }, (_, i) => ({ tier: TIERS[i % 4], region: `region-${i >> 2}` }))
  const forecaster = new SeasonalForecaster({ series: names, timeZone: 'UTC', leadMs: LEAD_MS, events: [] })
  await forecaster.learnFrom(historyOf(series, minutes))
  const arrivals = new Float64Array(series)
  const ticks: number[] = []
  let expected = 0
  let plainMs = 0
  for (let second = 0; second < seconds; second++) {
    const at = START + second * 1000
    arrivals.forEach((_, i) => (arrivals[i] = usual(at) + 100 * Math.sin(second / 600 + i)))
    plainMs += timed(() => (expected = arrivals.reduce((sum, value) => sum + value, 0)))
    const ms = timed(() => {
      forecaster.observe({ at, arrivals, activations: 0, mask: null })
      expected = forecaster.forecast(at + LEAD_MS, at + 2 * LEAD_MS, 0.95).expected
    })
    if (second >= WARM_UP) ticks.push(ms)
  }
  ticks.sort((a, b) => a - b)
  const plain = { name: 'summing the arrivals', value: plainMs / seconds }
  const figure = (name: string, ms: number) => benchCase(name, 'ms', ms, plain, Math.round(expected))
  const mean = ticks.reduce((sum, ms) => sum + ms, 0) / ticks.length
  return benchResult([
    figure(`${series} series, mean tick`, mean),
    figure('median', ticks[ticks.length >> 1]),
    figure('99th percentile', ticks[Math.floor(ticks.length * 0.99)]),
  ])
}

/** Of one series: a wave a day. */
const usual = (at: number): number => 1000 + 500 * Math.sin((2 * Math.PI * (at - START)) / (1440 * MINUTE_MS))

async function* historyOf(series: number, minutes: number): AsyncGenerator<string> {
  yield 'time,demand'
  for (let minute = -minutes; minute < 0; minute++) {
    const at = START + minute * MINUTE_MS
    yield await Promise.resolve(`${at},${series * usual(at)}`)
  }
}
