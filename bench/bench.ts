/** What benches share: the shape of a result, the machine it came from, and a way to time. */
import { cpus, totalmem } from 'node:os'

/** One figure beside that of a plain way to do the same, measured in the same run. */
export interface BenchCase {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly comparison: { readonly name: string; readonly value: number; readonly ratio: number }
  /** Follows from the work done: what was measured was not optimised away, and was right. */
  readonly check: number
}

/** What a bench's `run` returns: its headline, and all cases in the order they ran. */
export interface BenchResult extends BenchCase {
  readonly cases: readonly BenchCase[]
  readonly machine: string
}

/** A bench's module: `sizes.small` runs in the tests, `sizes.full` gives the figures. */
export interface Bench<Size> {
  readonly sizes: { readonly small: Size; readonly full: Size }
  run(size: Size): Promise<BenchResult>
}

export function benchCase(
  name: string,
  unit: string,
  value: number,
  plain: { name: string; value: number },
  check: number,
): BenchCase {
  return { name, unit, value, comparison: { ...plain, ratio: value / plain.value }, check }
}

export function benchResult(cases: readonly BenchCase[], headline = 0): BenchResult {
  return { ...cases[headline], cases, machine: machine() }
}

/** Milliseconds that `act` takes. */
export function timed(act: () => void): number {
  const begin = performance.now()
  act()
  return performance.now() - begin
}

function machine(): string {
  const [cpu] = cpus()
  const memoryGib = Math.round(totalmem() / 2 ** 30)
  return `${cpus().length} × ${cpu.model.trim()}, ${memoryGib} GiB, Node ${process.version}`
}
