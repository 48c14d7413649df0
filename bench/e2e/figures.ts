/** One way to put a figure together, so that all end-to-end benches speak alike. */
import { type BenchCase, benchCase } from '../bench.ts'

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
  /** What the account says; begins with FAULTY when something was lost that must not be. */
  readonly check: string
  readonly against: Against
}

/** What a figure is set beside: a measurement of the same run, or a target. */
export interface Against {
  readonly name: string
  readonly value: number
}

/** The case's check is the number of faults found in the account: 0, or 1, and then the fault is printed. */
export function figure({ name, unit, value, check, against }: Figure): BenchCase {
  const isFaulty = check.includes('FAULTY') || !Number.isFinite(value)
  if (isFaulty) console.error(`${name}: ${value} ${unit}; ${check}`)
  return benchCase(name, unit, value, against, isFaulty ? 1 : 0)
}

export const atMost = (value: number): Against => ({ name: 'target: at most', value })
export const atLeast = (value: number): Against => ({ name: 'target: at least', value })

/** The `share` quantile (0 … 1) of values in any order; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? NaN : sorted[Math.ceil(share * sorted.length) - 1]
}
