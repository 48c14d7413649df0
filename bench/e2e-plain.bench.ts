/**
 * The engine against a plain JavaScript pipeline that does the same work (bench/plain-pipeline): readings per processor
 * second of the server process. Each is given what suits it best, the engine binary frames and the plain pipeline JSON
 * arrays, as long as each other; then both are given the same JSON.
 */
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { plainRate } from './e2e/plain-server.ts'
import { sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  readonly timing: Timing
  /** Readings per second; without it as fast as it goes. */
  readonly rate?: number | undefined
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 2000, readingsPerFrame: 100, timing: { warmMs: 0, measureMs: 300 }, rate: 10_000 },
  full: { series: 1_000_000, readingsPerFrame: 1000, timing: { warmMs: 3000, measureMs: 12_000 } },
}

export async function run({ series, readingsPerFrame, timing, rate }: Size): Promise<BenchResult> {
  const json = { series, readingsPerFrame, format: 'json', rate } as const
  const plain = await plainRate(json, timing)
  const binary = await sustainedRate({ ...json, format: 'binary' }, timing)
  const same = await sustainedRate(json, timing)
  const unit = 'readings/CPU-second'
  const against = { name: 'plain pipeline, JSON', value: plain.readingsPerCpuSecond }
  const cost = (name: string, { readingsPerCpuSecond: value, check }: typeof binary): BenchCase =>
    figure({
      name: `against plain JavaScript: ${name}`,
      unit,
      value,
      check: `${check}; ${plain.check}`,
      against,
    })
  return benchResult([cost('binary frames', binary), cost('the same JSON', same)])
}
