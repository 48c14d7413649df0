/**
 * How the M4 competition measures (Makridakis, Spiliotis & Assimakopoulos 2020): sMAPE and MASE relative to those of Naive2,
 * which is naive on seasonally adjusted data where a test of the autocorrelation finds a season.
 */
const PERIOD = 24
const Z_90 = 1.645

export interface Split {
  readonly known: readonly number[]
  readonly held: readonly number[]
}

/** Holds out the last `horizon` values before the last `skip`. */
export const split = (values: readonly number[], horizon: number, skip: number): Split => ({
  known: values.slice(0, values.length - skip - horizon),
  held: values.slice(values.length - skip - horizon, values.length - skip),
})

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const smape = (held: readonly number[], said: readonly number[]): number =>
  mean(held.map((value, i) => (200 * Math.abs(value - said[i])) / (Math.abs(value) + Math.abs(said[i]))))

export function mase({ known, held }: Split, said: readonly number[]): number {
  const scale = mean(known.slice(PERIOD).map((value, i) => Math.abs(value - known[i])))
  return mean(held.map((value, i) => Math.abs(value - said[i]))) / scale
}

export const seasonalNaive = (known: readonly number[], horizon: number): number[] =>
  Array.from({ length: horizon }, (_, i) => known[known.length - PERIOD + (i % PERIOD)])

export function naive2(known: readonly number[], horizon: number): number[] {
  const season = isSeasonal(known) ? seasonOf(known) : new Array<number>(PERIOD).fill(1)
  const last = known[known.length - 1] / season[(known.length - 1) % PERIOD]
  return Array.from({ length: horizon }, (_, i) => last * season[(known.length + i) % PERIOD])
}

/** Whether the autocorrelation at a day's distance is significant (90 %). */
function isSeasonal(known: readonly number[]): boolean {
  const middle = mean(known)
  const off = known.map((value) => value - middle)
  const variance = off.reduce((sum, value) => sum + value * value, 0)
  const correlations = Array.from(
    { length: PERIOD },
    (_, lag) => off.slice(lag + 1).reduce((sum, value, i) => sum + value * off[i], 0) / variance,
  )
  const before = correlations.slice(0, -1).reduce((sum, value) => sum + value * value, 0)
  return Math.abs(correlations[PERIOD - 1]) > Z_90 * Math.sqrt((1 + 2 * before) / known.length)
}

/** Classical multiplicative decomposition: mean ratio to the centred moving average, by hour of the day. */
function seasonOf(known: readonly number[]): number[] {
  const ratios = Array.from({ length: PERIOD }, (): number[] => [])
  const half = PERIOD / 2
  for (let i = half; i < known.length - half; i++) {
    const inner = known.slice(i - half + 1, i + half).reduce((sum, value) => sum + value, 0)
    ratios[i % PERIOD].push(known[i] / ((inner + (known[i - half] + known[i + half]) / 2) / PERIOD))
  }
  const season = ratios.map(mean)
  return season.map((value) => value / mean(season))
}
