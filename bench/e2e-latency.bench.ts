/**
 * How long a premium reading takes at 70 % of the sustained rate, tiers mixed: accepted to processed as the engine
 * tells it (over its last ten seconds), and from the intended time of sending to the answer as the load generator does.
 * The sustained rate is measured first, on another engine with the same devices.
 */
import type { Stats } from '../src/core/stats.ts'
import type { RawOptions } from '../src/load/options.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig, measureUnder } from './e2e/sustained.ts'
import { servedWithin } from './e2e/tiered-load.ts'

export interface Size {
  readonly devices: number
  readonly readingsPerFrame: number
  readonly warmMs: number
  readonly calibrateMs: number
  /** Of the measured load; the engine's figures cover its last ten seconds. */
  readonly measureMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 2000, readingsPerFrame: 100, warmMs: 50, calibrateMs: 150, measureMs: 400 },
  full: { devices: 200_000, readingsPerFrame: 1000, warmMs: 2000, calibrateMs: 6000, measureMs: 20_000 },
}

const LOAD_SHARE = 0.7
const MIX = 'premium=20,standard=70,bulk=10'
const FIRST_PASS_MS = 60_000
const LOOK_EVERY_MS = 100

export async function run(size: Size): Promise<BenchResult> {
  const config = engineConfig(size.devices)
  // an engine of its own, so that the calibration is not in the figures
  const sustained = await withEngine(config, (engine) => calibrate(engine, size))
  return withEngine(config, (engine) => measure(engine, size, Math.round(LOAD_SHARE * sustained)))
}

async function measure(engine: ServedEngine, size: Size, rate: number): Promise<BenchResult> {
  const pace = { rate: String(rate), duration: `${size.measureMs}ms`, ack: true, sender: 'raw' }
  const load = new LoadProcess(engine.url, optionsOf(size, pace))
  const { premium } = (await atTheEndOf(load, engine)).tiers
  const report = await load.report
  const { unsentFrames, acknowledged } = report
  const check = accountCheck(await engine.settled(), report)
  const unsent = `${unsentFrames} frames unsent, ${acknowledged?.unanswered} unanswered`
  const told = { unit: 'ms', against: atMost(10), check: `${check}; ${rate} readings/s; ${unsent}` }
  const answered = acknowledged?.latencyMs?.p99 ?? NaN
  return benchResult([
    figure({ name: 'premium p99 at 70 %, accepted to processed', value: premium.latencyMs.p99, ...told }),
    figure({ name: 'all tiers p99 at 70 %, intended to answered', value: answered, ...told }),
  ])
}

function optionsOf(size: Size, pace: RawOptions): RawOptions {
  return { devices: String(size.devices), frame: String(size.readingsPerFrame), tiers: MIX, ...pace }
}

async function calibrate(engine: ServedEngine, size: Size): Promise<number> {
  const load = new LoadProcess(engine.url, optionsOf(size, { rate: 'max', duration: '10m' }))
  const readingsPerSecond = await measureUnder(load, async () => {
    await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
      return (await engine.stats()).series >= size.devices
    })
    await pause(size.warmMs)
    return servedWithin(engine, size.calibrateMs)
  })
  await load.stop()
  return readingsPerSecond
}

/** The last figures of the engine while the load was still running. */
async function atTheEndOf(load: LoadProcess, engine: ServedEngine): Promise<Stats> {
  let isRunning = true
  const ended = load.report.finally(() => (isRunning = false))
  let stats = await engine.stats()
  while (isRunning) {
    const next = await engine.stats()
    if (isRunning) stats = next
    await Promise.race([pause(LOOK_EVERY_MS), ended])
  }
  return stats
}
