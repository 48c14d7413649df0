/**
 * How good forecasts are, with the parameters as shipped. Real data is not part of the project: MILLRACE_M4_HOURLY is the
 * path of the M4 competition's Hourly-train.csv (a line per series; the last 48 values are held out, and, to cross-check,
 * those before; MILLRACE_M4_HOURLY_TEST is that of Hourly-test.csv: with it, the whole training part is known and the test part
 * is held out), MILLRACE_WIKIPEDIA_HOURLY and MILLRACE_TAXI_HALF_HOURLY are CSV files of `time,value`. Without them only
 * made-up series are measured. Lower is better; compared with seasonal naive. The check is the number of series or steps.
 */
import { readFile } from 'node:fs/promises'
import { HOUR_LEARNING } from '../src/scaling/forecast/learning.ts'
import { SeasonalEnsemble } from '../src/scaling/forecast/ensemble.ts'
import { evenSeason } from '../src/scaling/forecast/season.ts'
import { type BenchCase, benchCase, type BenchResult, benchResult } from './bench.ts'
import { mase, naive2, seasonalNaive, smape, type Split, split } from './forecast-m4.ts'

export interface Size {
  readonly madeUp: number
  readonly steps: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { madeUp: 2, steps: 700 },
  full: { madeUp: 50, steps: 960 },
}

const HORIZON = 48
const WARM_UP_WEEKS = 4

export async function run({ madeUp, steps }: Size): Promise<BenchResult> {
  const made = Array.from({ length: madeUp }, (_, i) => madeUpSeries(i, steps))
  return benchResult([
    owa(
      'made-up series, 48 steps',
      made.map((values) => split(values, HORIZON, 0)),
    ),
    ...(await m4()),
    ...(await trace('MILLRACE_WIKIPEDIA_HOURLY', 24)),
    ...(await trace('MILLRACE_TAXI_HALF_HOURLY', 48)),
  ])
}

async function m4(): Promise<readonly BenchCase[]> {
  const lines = await linesOf('MILLRACE_M4_HOURLY')
  if (lines.length === 0) return []
  const series = lines.map(numbersOf)
  const held = [0, HORIZON, 168].map((skip) =>
    owa(
      `M4 Hourly, 48 steps, ${skip} before the end`,
      series.map((values) => split(values, HORIZON, skip)),
    ),
  )
  const test = (await linesOf('MILLRACE_M4_HOURLY_TEST')).map(numbersOf)
  if (test.length === 0) return held
  return [
    owa(
      'M4 Hourly, test part',
      series.map((known, i) => ({ known, held: test[i] })),
    ),
    ...held,
  ]
}

/** OWA: the mean of relative sMAPE and relative MASE, each relative to Naive2. */
function owa(name: string, splits: readonly Split[]): BenchCase {
  const judge = (forecast: (known: readonly number[], horizon: number) => number[]): number[] => {
    const said = splits.map(({ known, held }) => forecast(known, held.length))
    const total = (each: (i: number) => number): number => splits.reduce((sum, _, i) => sum + each(i), 0)
    return [total((i) => smape(splits[i].held, said[i])), total((i) => mase(splits[i], said[i]))]
  }
  const plain = judge(naive2)
  const relative = ([percent, scaled]: number[]): number => (percent / plain[0] + scaled / plain[1]) / 2
  const own = relative(judge(forecastOf))
  return benchCase(
    name,
    'OWA',
    own,
    { name: 'seasonal naive', value: relative(judge(seasonalNaive)) },
    splits.length,
  )
}

function ensemble(perDay: number): SeasonalEnsemble {
  return new SeasonalEnsemble({ ...HOUR_LEARNING, series: 1, season: evenSeason(perDay) })
}

function forecastOf(known: readonly number[], horizon: number): number[] {
  const forecaster = ensemble(24)
  known.forEach((value, step) => forecaster.observe(0, step, value))
  return Array.from({ length: horizon }, (_, i) => forecaster.predict(0, known.length + i))
}

/** One step ahead, after the first weeks; seasonal naive = the week before. */
async function trace(variable: string, perDay: number): Promise<readonly BenchCase[]> {
  const values = (await linesOf(variable)).map((line) => Number(line.split(',')[1]))
  if (values.length === 0) return []
  const forecaster = ensemble(perDay)
  const sums = { own: 0, plain: 0, demand: 0 }
  values.forEach((value, step) => {
    if (step >= WARM_UP_WEEKS * 7 * perDay) {
      sums.own += Math.abs(forecaster.predict(0, step) - value)
      sums.plain += Math.abs(values[step - 7 * perDay] - value)
      sums.demand += value
    }
    forecaster.observe(0, step, value)
  })
  const plain = { name: 'seasonal naive', value: (100 * sums.plain) / sums.demand }
  return [benchCase(`${variable}, 1 step`, 'WAPE %', (100 * sums.own) / sums.demand, plain, values.length)]
}

/** Lines after the header of the file that an environment variable names; none if it names none. */
async function linesOf(variable: string): Promise<readonly string[]> {
  const path = process.env[variable]
  if (path === undefined) {
    console.log(`${variable} names no file: its data is not measured`)
    return []
  }
  return (await readFile(path, 'utf8')).trim().split('\n').slice(1)
}

const numbersOf = (line: string): number[] =>
  line
    .replaceAll('"', '')
    .split(',')
    .slice(1)
    .filter((cell) => cell.trim() !== '')
    .map(Number)

/** A day and a week season with a little noise that repeats from run to run. */
function madeUpSeries(seed: number, steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => {
    const day = 1 + 0.6 * Math.sin(((step + seed) * 2 * Math.PI) / 24)
    const week = Math.floor(step / 24) % 7 < 5 ? 1 : 0.6
    return 500 * day * week * (1 + 0.05 * Math.sin(step * step * (seed + 1)))
  })
}
