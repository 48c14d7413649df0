/**
 * End to end over WebSocket: an engine in one process, `millrace load` without limit in another, the built-in pipeline.
 * A figure is readings processed per second once every series is known. Beside it stands the yardstick where one is
 * named (MILLRACE_YARDSTICK), else the plain pipeline, either in the same run under the same number of series.
 */
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { atMost, figure } from './e2e/figures.ts'
import { plainRate } from './e2e/plain-server.ts'
import { type LoadShape, type Sustained, sustainedRate, type Timing } from './e2e/sustained.ts'
import { yardstickFolder, yardstickRate } from './e2e/yardstick.ts'

interface Case extends LoadShape {
  readonly name: string
  readonly timing: Timing
  readonly yardstickTiming: Timing
}

export interface Size {
  readonly cases: readonly Case[]
  /** Resident memory is reported of engines with this many series at least. */
  readonly reportMemoryFrom: number
}

const caseOf = (name: string, shape: LoadShape, timing: Timing, yardstickTiming: Timing): Case => ({
  name: `over WebSocket: ${name}`,
  ...shape,
  timing,
  yardstickTiming,
})

const timing = (warmMs: number, measureMs: number): Timing => ({ warmMs, measureMs })
const frames = (series: number): LoadShape => ({ series, readingsPerFrame: 1000, format: 'binary' })
const singles = (series: number, format: 'binary' | 'json'): LoadShape => ({
  series,
  readingsPerFrame: 1,
  format,
})
const SHORT = timing(0, 300)

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: {
    cases: [caseOf('frames of 1,000, 5 k series', { ...frames(5000), rate: 10_000 }, SHORT, SHORT)],
    reportMemoryFrom: 5000,
  },
  full: {
    cases: [
      caseOf('frames of 1,000, 1 M series', frames(1_000_000), timing(3000, 30_000), timing(3000, 12_000)),
      caseOf('frames of 1,000, 10 M series', frames(10_000_000), timing(4000, 20_000), timing(4000, 12_000)),
      caseOf(
        '1 reading per frame, 100 k series',
        singles(100_000, 'binary'),
        timing(2000, 12_000),
        timing(2000, 8000),
      ),
      caseOf(
        'JSON, 1 reading per message, 100 k series',
        singles(100_000, 'json'),
        timing(2000, 10_000),
        timing(1000, 5000),
      ),
    ],
    reportMemoryFrom: 10_000_000,
  },
}

/** Series that the plain pipeline is given at most: its objects take some hundred bytes each. */
const PLAIN_SERIES = 1_000_000

export async function run(size: Size): Promise<BenchResult> {
  const results: BenchCase[] = []
  for (const one of size.cases) {
    const against = await comparisonOf(one)
    const sustained = await sustainedRate(one, one.timing)
    const { readingsPerSecond: value, check } = sustained
    results.push(figure({ name: one.name, unit: 'readings/s', value, check, against }))
    if (one.series >= size.reportMemoryFrom) results.push(memoryOf(one, sustained))
  }
  return benchResult(results)
}

async function comparisonOf(one: Case): Promise<{ name: string; value: number }> {
  // the yardstick doesn't speak JSON
  if (yardstickFolder() !== undefined && one.format === 'binary')
    return { name: 'yardstick', value: (await yardstickRate(one, one.yardstickTiming))! }
  const series = Math.min(one.series, PLAIN_SERIES)
  const shape: LoadShape = { ...one, series, format: 'json' }
  const { readingsPerSecond } = await plainRate(shape, one.yardstickTiming)
  return { name: `plain pipeline, JSON, ${series} series`, value: readingsPerSecond }
}

const memoryOf = (one: Case, { residentBytes, check }: Sustained): BenchCase =>
  figure({
    name: `${one.name}: resident memory`,
    unit: 'bytes',
    value: residentBytes,
    check,
    against: atMost(2.5e9),
  })
