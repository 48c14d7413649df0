/**
 * What a thousand rules cost end to end over WebSocket: thresholds with a hysteresis and a duration, on the values of all
 * series; the rate with them beside that of the built-in pipeline alone, in the same run. The limits lie where a few readings in
 * ten thousand are, so that conditions begin and end all the time.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigInput } from '../src/engine/config/schema.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { engineConfig, type LoadShape, sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size extends LoadShape {
  readonly rules: number
  readonly timing: Timing
}

const shape = { readingsPerFrame: 1000, format: 'binary' } as const

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { ...shape, rules: 100, series: 5000, rate: 10_000, timing: { warmMs: 0, measureMs: 300 } },
  full: { ...shape, rules: 1000, series: 1_000_000, timing: { warmMs: 3000, measureMs: 20_000 } },
}

/** Values of the load are 15 to 25, and a little around that. */
const FIRST_LIMIT = 26
const LAST_LIMIT = 40

const rulesOf = (count: number): string =>
  JSON.stringify({
    name: 'many',
    rules: Array.from({ length: count }, (_, i) => ({
      name: `rule-${i}`,
      metrics: 'value',
      threshold: { above: FIRST_LIMIT + ((LAST_LIMIT - FIRST_LIMIT) * i) / count, hysteresis: 1 },
      for: '30s',
    })),
  })

export async function run({ timing, rules, ...load }: Size): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-rules-bench-'))
  const file = join(folder, 'many.json')
  writeFileSync(file, rulesOf(rules))
  try {
    const plain = await sustainedRate(load, timing)
    const config: ConfigInput = { ...engineConfig(load.series), alertRules: [file] }
    let seen = 0
    const ruled = await sustainedRate(load, timing, config, ({ pipelines }) => {
      seen = pipelines.reduce((sum, pipeline) => sum + pipeline.readings, 0)
    })
    if (seen === 0) throw new Error('the rules have seen no reading')
    return benchResult([
      figure({
        ...{ name: `over WebSocket, frames of 1,000, ${rules} rules`, unit: 'readings/s' },
        ...{ value: ruled.readingsPerSecond, check: ruled.check },
        against: { name: 'the built-in pipeline alone', value: plain.readingsPerSecond },
      }),
    ])
  } finally {
    rmSync(folder, { recursive: true })
  }
}
