/**
 * What every bench gives: a figure, what it is compared with in the same run, and a check value that shows the work
 * was done. A `*.bench.ts` exports `sizes` and `run(size)`.
 */
import { arch, cpus, platform, totalmem } from 'node:os'

export interface Comparison {
  readonly name: string
  readonly value: number
  /** The bench's value over this one. */
  readonly ratio: number
}

export interface BenchResult {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly comparison?: Comparison
  readonly check: string
  readonly machine: string
  /** Where there are several figures: all of them, of which the result is the headline. */
  readonly cases?: readonly BenchResult[]
}

/** A bench's module: `sizes.small` runs in the tests, `sizes.full` gives the figures. */
export interface Bench<Size> {
  readonly sizes: { readonly small: Size; readonly full: Size }
  run(size: Size): Promise<BenchResult | readonly BenchResult[]>
}

/** One figure beside that of a plain way to do the same. */
export function benchCase(
  name: string,
  unit: string,
  value: number,
  plain: { name: string; value: number },
  check: number,
): BenchResult {
  const comparison = { ...plain, ratio: value / plain.value }
  return { name, unit, value, comparison, check: String(check), machine: machine() }
}

/** Milliseconds that `act` takes. */
export function timed(act: () => void): number {
  const begin = performance.now()
  act()
  return performance.now() - begin
}

/** The machine that figures come from, on one line. */
export function machine(): string {
  const processors = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  return `${model}, ${processors.length} cores, ${gigabytes} GiB, ${platform()} ${arch()}, Node ${process.version}`
}
