/**
 * A premium reading while bulk offers three times what can be served. The pipeline is user code that takes a fixed time
 * per reading, so that it is the workers that are short, as in real life, and not the load generator. Premium offers a
 * tenth of what can be served, standard half of it. Every frame wants an answer, and a refused frame gets one.
 */
import { fileURLToPath } from 'node:url'
import type { BenchResult } from './bench.ts'
import { figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountOf, overloadCheck } from './e2e/overload-check.ts'
import { ratesBetween, tieredConfig, tierLoadOptions } from './e2e/tiered-load.ts'

export interface Size {
  readonly devices: number
  readonly calibrateMs: number
  /** Until lanes are full and bulk is refused. */
  readonly fillMs: number
  readonly measureMs: number
  /** Memory for waiting readings. */
  readonly backlogBytes: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 300, calibrateMs: 500, fillMs: 700, measureMs: 700, backlogBytes: 8 * 2 ** 20 },
  full: { devices: 30_000, calibrateMs: 4000, fillMs: 6000, measureMs: 60_000, backlogBytes: 64 * 2 ** 20 },
}

const BULK_TIMES = 3
const STANDARD_SHARE = 0.5
const PREMIUM_SHARE = 0.1
/** A refused frame asks its connection for a pause; with many connections others are ready to send meanwhile. */
const BULK_CONNECTIONS = 64
const SLOW_PIPELINE = fileURLToPath(new URL('e2e/slow-pipeline.js', import.meta.url))
const TAIL_MS = 1000
const LOOK_EVERY_MS = 50
const FILLED_WITHIN_MS = 60_000

export function run(size: Size): Promise<BenchResult[]> {
  const config = tieredConfig(4 * size.devices)
  const limits = { ...config.limits, backlogBytes: size.backlogBytes }
  return withEngine({ ...config, limits, pipeline: SLOW_PIPELINE }, async (engine) => {
    const calibration = await calibrate(engine, size)
    await engine.settled()
    return overload(engine, size, calibration)
  })
}

type Calibration = Awaited<ReturnType<typeof calibrate>>

/** What can be served: standard alone, as much as it can. */
async function calibrate(engine: ServedEngine, size: Size) {
  const durationMs = size.fillMs + size.calibrateMs
  const shape = { tier: 'standard', devices: size.devices, connections: 4, readingsPerFrame: 100 } as const
  const options = tierLoadOptions({ ...shape, readingsPerSecond: 'max', durationMs })
  const load = new LoadProcess(engine.url, options)
  await until('the calibration begins', FILLED_WITHIN_MS, LOOK_EVERY_MS, async () => {
    return (await engine.stats()).account.processed > 0
  })
  await pause(size.fillMs / 2)
  const first = await engine.stats()
  await pause(size.calibrateMs)
  const perSecond = ratesBetween(first, await engine.stats()).servedInAll
  return { perSecond, report: await load.report }
}

async function overload(engine: ServedEngine, size: Size, calibration: Calibration): Promise<BenchResult[]> {
  const { perSecond } = calibration
  const shape = { devices: size.devices, readingsPerFrame: 100 }
  const durationMs = size.fillMs + size.measureMs + TAIL_MS
  const loads = (
    [
      { tier: 'bulk', connections: BULK_CONNECTIONS, readingsPerSecond: BULK_TIMES * perSecond },
      { tier: 'standard', connections: 4, readingsPerSecond: STANDARD_SHARE * perSecond },
      { tier: 'premium', connections: 2, readingsPerSecond: PREMIUM_SHARE * perSecond },
    ] as const
  ).map((one) => new LoadProcess(engine.url, tierLoadOptions({ ...shape, ...one, durationMs })))
  await until('bulk is refused', FILLED_WITHIN_MS, LOOK_EVERY_MS, async () => {
    return (await engine.stats()).tiers.bulk.refused > 0
  })
  const first = await engine.stats()
  const worst = await worstPremium(engine, size.measureMs)
  const last = await engine.stats()
  const [bulk, standard, premium] = await Promise.all(loads.map((load) => load.report))
  const rates = ratesBetween(first, last)
  const reports = { calibration: calibration.report, bulk, standard, premium }
  const check = overloadCheck(accountOf(await engine.settled()), rates, reports)
  const told = { unit: 'ms', check }
  const served = (rates.served.standard / rates.offered.standard) * 100
  return [
    figure({ name: 'premium p99 under bulk overload, accepted to processed', value: worst, ...told }),
    figure({
      name: 'premium p99 under bulk overload, intended to answered',
      value: premium.acknowledged?.latencyMs?.p99 ?? NaN,
      ...told,
    }),
    figure({ name: 'standard under bulk overload, served of offered', unit: '%', value: served, check }),
    figure({
      name: 'bulk under overload, offered to what can be served',
      unit: 'times',
      value: rates.offered.bulk / rates.servedInAll,
      check,
    }),
  ]
}

/** The worst of the engine's own p99 figures, each over its last ten seconds. */
async function worstPremium(engine: ServedEngine, forMs: number): Promise<number> {
  const untilMs = performance.now() + forMs
  let worst = 0
  while (performance.now() < untilMs) {
    await pause(Math.min(1000, untilMs - performance.now()))
    worst = Math.max(worst, (await engine.stats()).tiers.premium.latencyMs.p99)
  }
  return worst
}
