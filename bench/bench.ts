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
}

/** The machine that figures come from, on one line. */
export function machine(): string {
  const processors = cpus()
  const gigabytes = Math.round(totalmem() / 2 ** 30)
  const model = processors[0]?.model.trim() ?? 'unknown processor'
  return `${model}, ${processors.length} cores, ${gigabytes} GiB, ${platform()} ${arch()}, Node ${process.version}`
}
