/**
 * What two windowed pipelines cost end to end over WebSocket: the rate with them beside that of the built-in pipeline alone,
 * in the same run.
 */
import { fileURLToPath } from 'node:url'
import type { ConfigInput } from '../src/engine/config/schema.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { engineConfig, type LoadShape, sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size extends LoadShape {
  readonly timing: Timing
}

const shape = { readingsPerFrame: 1000, format: 'binary' } as const

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { ...shape, series: 5000, rate: 10_000, timing: { warmMs: 0, measureMs: 300 } },
  full: { ...shape, series: 1_000_000, timing: { warmMs: 3000, measureMs: 20_000 } },
}

const PIPELINES = ['by-series', 'by-region'].map((name) =>
  fileURLToPath(new URL(`./e2e/${name}.pipeline.js`, import.meta.url)),
)

export async function run({ timing, ...load }: Size): Promise<BenchResult> {
  const plain = await sustainedRate(load, timing)
  const config: ConfigInput = { ...engineConfig(load.series), pipelines: PIPELINES }
  let results = 0
  const windowed = await sustainedRate(load, timing, config, ({ pipelines }) => {
    results = pipelines.reduce((sum, pipeline) => sum + pipeline.readings, 0)
  })
  if (results === 0) throw new Error('the pipelines have seen no reading')
  return benchResult([
    figure({
      ...{ name: 'over WebSocket, frames of 1,000, two windowed pipelines', unit: 'readings/s' },
      ...{ value: windowed.readingsPerSecond, check: windowed.check },
      against: { name: 'the built-in pipeline alone', value: plain.readingsPerSecond },
    }),
  ])
}
