/**
 * A premium reading while bulk offers three times what can be served. The pipeline is user code that takes a fixed time
 * per reading, so that it is the workers that are short, as in real life, and not the load generator. Premium offers a
 * tenth of what can be served, standard half of it. Every frame wants an answer, and a refused frame gets one.
 */
import { fileURLToPath } from 'node:url'
import type { Tier } from '../src/core/tiers.ts'
import type { LoadReport } from '../src/load/report.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atLeast, atMost, figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { measureUnder } from './e2e/sustained.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { overloadCheck } from './e2e/overload-check.ts'
import { ratesBetween, servedWithin, tieredConfig, tierLoadOptions } from './e2e/tiered-load.ts'

export interface Size {
  readonly devices: number
  readonly calibrateMs: number
  /** Between the first refusal and the measurement: engine figures are of the last ten seconds. */
  readonly fillMs: number
  readonly measureMs: number
  /** Memory for waiting readings. */
  readonly backlogBytes: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 300, calibrateMs: 200, fillMs: 50, measureMs: 300, backlogBytes: 4 * 2 ** 20 },
  full: { devices: 30_000, calibrateMs: 4000, fillMs: 11_000, measureMs: 60_000, backlogBytes: 32 * 2 ** 20 },
}

const BULK_TIMES = 3
const STANDARD_SHARE = 0.5
const PREMIUM_SHARE = 0.1
/** A refused frame asks its connection for a pause; with many connections others are ready to send meanwhile. */
const BULK_CONNECTIONS = 64
const SLOW_PIPELINE = fileURLToPath(new URL('e2e/slow-pipeline.js', import.meta.url))
const LOOK_EVERY_MS = 50
const WITHIN_MS = 60_000

export function run(size: Size): Promise<BenchResult> {
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
  const shape = { tier: 'standard', devices: size.devices, connections: 4, readingsPerFrame: 100 } as const
  const load = new LoadProcess(engine.url, tierLoadOptions({ ...shape, readingsPerSecond: 'max' }))
  const perSecond = await measureUnder(load, async () => {
    await until('work', WITHIN_MS, LOOK_EVERY_MS, async () => (await engine.stats()).account.processed > 0)
    await pause(size.calibrateMs / 4)
    return servedWithin(engine, size.calibrateMs)
  })
  return { perSecond, report: await load.stop() }
}

async function overload(engine: ServedEngine, size: Size, calibration: Calibration): Promise<BenchResult> {
  const { perSecond } = calibration
  const load = (tier: Tier, connections: number, readingsPerSecond: number): LoadProcess => {
    const shape = { tier, devices: size.devices, readingsPerFrame: 100 }
    return new LoadProcess(engine.url, tierLoadOptions({ ...shape, connections, readingsPerSecond }))
  }
  const standard = load('standard', 4, STANDARD_SHARE * perSecond)
  const premium = load('premium', 2, PREMIUM_SHARE * perSecond)
  const bulk = load('bulk', BULK_CONNECTIONS, BULK_TIMES * perSecond)
  const measured = await [standard, premium, bulk].reduce(
    (measure, one) => () => measureUnder(one, measure),
    () => measureTiers(engine, size),
  )()
  const reports = await Promise.all([bulk, standard, premium].map((one) => one.stop()))
  const all = [calibration.report, ...reports]
  return resultsOf(measured, reports[2], overloadCheck(await engine.settled(), measured.rates, all))
}

/** Once every tier is served and bulk is refused. */
async function measureTiers(engine: ServedEngine, size: Size) {
  await until('overload', WITHIN_MS, LOOK_EVERY_MS, async () => {
    const { premium, standard, bulk } = (await engine.stats()).tiers
    return bulk.refused > 0 && Math.min(premium.processed, standard.processed, bulk.processed) > 0
  })
  await pause(size.fillMs)
  const first = await engine.stats()
  const worstMs = await worstPremium(engine, size.measureMs)
  return { worstMs, rates: ratesBetween(first, await engine.stats()) }
}

type Measured = Awaited<ReturnType<typeof measureTiers>>

function resultsOf({ worstMs, rates }: Measured, premium: LoadReport, check: string): BenchResult {
  const { served, offered, servedInAll } = rates
  const answeredMs = premium.acknowledged?.latencyMs?.p99 ?? NaN
  const standard = (served.standard / offered.standard) * 100
  const times = offered.bulk / servedInAll
  const name = (what: string): string => `bulk overload: ${what}`
  return benchResult([
    figure({
      name: name('premium p99, accepted to processed'),
      unit: 'ms',
      value: worstMs,
      check,
      against: atMost(50),
    }),
    figure({
      name: name('premium p99, intended to answered'),
      unit: 'ms',
      value: answeredMs,
      check,
      against: atMost(50),
    }),
    figure({
      name: name('standard, served of offered'),
      unit: '%',
      value: standard,
      check,
      against: atLeast(95),
    }),
    figure({
      name: name('bulk offered, of what is served in all'),
      unit: 'times',
      value: times,
      check,
      against: atLeast(BULK_TIMES),
    }),
  ])
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
