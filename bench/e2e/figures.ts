/** One way to put a figure together, so that all end-to-end benches speak alike. */
import { type BenchResult, type Comparison, machine } from '../bench.ts'

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly value: number
  readonly check: string
  readonly against?: { readonly name: string; readonly value: number } | undefined
}

export function figure({ name, unit, value, check, against }: Figure): BenchResult {
  const plain = { name, unit, value: rounded(value), check, machine: machine() }
  return against === undefined ? plain : { ...plain, comparison: compared(value, against) }
}

function compared(value: number, against: { name: string; value: number }): Comparison {
  return { name: against.name, value: rounded(against.value), ratio: rounded(value / against.value) }
}

/** Four significant digits at least, never a fraction of a large number. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4))
}

/** The `share` quantile (0 … 1) of values in any order; NaN of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort()
  return sorted.length === 0 ? NaN : sorted[Math.ceil(share * sorted.length) - 1]
}

/** The middle one of values in any order. */
const median = (values: readonly number[]): number => quantile(values, 0.5)
