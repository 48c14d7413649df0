/**
 * What the engine allocates per million readings in steady state, in all heaps of its threads together: V8 reports each
 * collection (--trace-gc) with the heap's size before and after it, and what a heap has grown by between two
 * collections was allocated. Small young generations make collections frequent and so the figure fine.
 */
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure } from './e2e/figures.ts'
import { HeapGrowth } from './e2e/heap-growth.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig, loadOptionsOf, measureUnder } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  readonly warmMs: number
  readonly measureMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 2000, readingsPerFrame: 100, warmMs: 50, measureMs: 300 },
  full: { series: 1_000_000, readingsPerFrame: 1000, warmMs: 4000, measureMs: 12_000 },
}

/** What one object of one field for each of a million readings would come to. */
const OBJECT_PER_READING = 16e6
const NODE_FLAGS = ['--trace-gc', '--max-semi-space-size=1']
const FIRST_PASS_MS = 60_000
const LOOK_EVERY_MS = 100

export function run(size: Size): Promise<BenchResult> {
  const { series, readingsPerFrame, warmMs, measureMs } = size
  const measure = async (engine: ServedEngine): Promise<BenchResult> => {
    const growth = new HeapGrowth()
    engine.program.onLine((line) => growth.hear(line))
    const load = new LoadProcess(engine.url, loadOptionsOf({ series, readingsPerFrame, format: 'binary' }))
    const { readings, bytes, collections } = await measureUnder(load, async () => {
      await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
        return (await engine.stats()).series >= series
      })
      await pause(warmMs)
      const before = (await engine.stats()).account.processed
      growth.restart()
      await pause(measureMs)
      const readings = (await engine.stats()).account.processed - before
      return { readings, bytes: growth.bytes, collections: growth.collections }
    })
    const report = await load.stop()
    const check = `${accountCheck(await engine.settled(), report)}; ${collections} collections seen`
    const name = `allocation, frames of ${readingsPerFrame}`
    const unit = 'bytes/million readings'
    const value = (bytes / readings) * 1e6
    return benchResult([figure({ name, unit, value, check, against: atMost(OBJECT_PER_READING) })])
  }
  return withEngine(engineConfig(series), measure, NODE_FLAGS)
}
