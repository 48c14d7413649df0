/**
 * The engine against a plain JavaScript pipeline that does the same work (bench/plain-pipeline): readings per processor
 * second of the server process. Each is given what suits it best, the engine binary frames and the plain pipeline JSON
 * arrays, as long as each other; then both are given the same JSON.
 */
import type { BenchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { plainRate } from './e2e/plain-server.ts'
import { sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  readonly timing: Timing
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 2000, readingsPerFrame: 100, timing: { warmMs: 0, measureMs: 300 } },
  full: { series: 1_000_000, readingsPerFrame: 1000, timing: { warmMs: 3000, measureMs: 12_000 } },
}

export async function run({ series, readingsPerFrame, timing }: Size): Promise<BenchResult[]> {
  const json = { series, readingsPerFrame, format: 'json' } as const
  const plain = await plainRate(json, timing)
  const binary = await sustainedRate({ ...json, format: 'binary' }, timing)
  const same = await sustainedRate(json, timing)
  const unit = 'readings/CPU-second'
  const against = { name: `plain pipeline, JSON (${plain.check})`, value: plain.readingsPerCpuSecond }
  const cost = (name: string, { readingsPerCpuSecond: value, check }: typeof binary): BenchResult =>
    figure({ name: `against plain JavaScript: ${name}`, unit, value, check, against })
  return [cost('binary frames', binary), cost('the same JSON', same)]
}
