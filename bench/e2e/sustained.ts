/**
 * The rate that an engine keeps up under a load without limit: readings processed between two looks at its figures,
 * after every series has been seen once. Looks are few, because each one halts the engine's agents for a moment.
 */
import type { Stats } from '../../src/core/stats.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { RawOptions } from '../../src/load/options.ts'
import type { LoadReport } from '../../src/load/report.ts'
import { LoadProcess } from './load-process.ts'
import { pause, until } from './pause.ts'
import { type ServedEngine, withEngine } from './served-engine.ts'

export interface LoadShape {
  readonly series: number
  readonly readingsPerFrame: number
  readonly format: 'binary' | 'json'
  /** Readings per second; without it as fast as it goes. */
  readonly rate?: number | undefined
}

export interface Timing {
  /** After every series has been seen. */
  readonly warmMs: number
  readonly measureMs: number
}

export interface Sustained {
  readonly readingsPerSecond: number
  readonly readingsPerCpuSecond: number
  /** Resident bytes of the server process, at the end of the load. */
  readonly residentBytes: number
  /** Says what was lost, refused or malformed, and how many readings were processed. */
  readonly check: string
}

/** Far beyond any measurement: the load is ended by the bench. */
const LOAD_DURATION = '10m'
const FIRST_PASS_MS = 120_000
const LOOK_EVERY_MS = 250

/** Readings carry positions, so that finding their region is part of the work. */
const REGIONS = 'europe=40,america=30,asia=30'

export function loadOptionsOf({ series, readingsPerFrame, format, rate }: LoadShape): RawOptions {
  const options = { devices: String(series), frame: String(readingsPerFrame), format, regions: REGIONS }
  const pace = rate === undefined ? { rate: 'max' } : { rate: String(rate), sender: 'raw' }
  return { ...options, ...pace, duration: LOAD_DURATION }
}

export function engineConfig(series: number): ConfigInput {
  return { limits: { series: Math.max(series, 1000), devices: Math.max(series, 1000) } }
}

/** Runs an engine under the load and measures it; `onLast` is given its figures at the end of the load. */
export function sustainedRate(
  shape: LoadShape,
  timing: Timing,
  config: ConfigInput = engineConfig(shape.series),
  onLast: (stats: Stats) => void = () => undefined,
): Promise<Sustained> {
  return withEngine(config, async (engine) => {
    await until('ready', FIRST_PASS_MS, LOOK_EVERY_MS, () => engine.isReady())
    const load = new LoadProcess(engine.url, loadOptionsOf(shape))
    const window = await measureUnder(load, () => measureWindow(engine, shape.series, timing))
    onLast(await engine.stats())
    const report = await load.stop()
    return { ...window, check: accountCheck(await engine.settled(), report) }
  })
}

/** Runs `measure`; fails as soon as the load does, and ends the load when the measurement fails. */
export async function measureUnder<T>(load: LoadProcess, measure: () => Promise<T>): Promise<T> {
  const failed = load.report.then((report) => {
    throw new Error(`the load ended during the measurement: ${JSON.stringify(report)}`)
  })
  try {
    return await Promise.race([measure(), failed])
  } catch (error) {
    await load.stop().catch(() => undefined)
    throw error
  } finally {
    failed.catch(() => undefined)
  }
}

async function measureWindow(engine: ServedEngine, series: number, { warmMs, measureMs }: Timing) {
  await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, async () => {
    return (await engine.stats()).series >= series
  })
  await pause(warmMs)
  const [first, cpuBefore] = [await engine.stats(), await engine.cpuSeconds()]
  await pause(measureMs)
  const [last, cpuAfter] = [await engine.stats(), await engine.cpuSeconds()]
  const readings = last.account.processed - first.account.processed
  return {
    readingsPerSecond: readings / (last.uptimeSeconds - first.uptimeSeconds),
    readingsPerCpuSecond: readings / (cpuAfter - cpuBefore),
    residentBytes: last.memory.rssBytes,
  }
}

/** Nothing lost: what was sent is what was received, and each reading of it is processed, refused or malformed. */
export function accountCheck({ account }: Stats, ...reports: readonly LoadReport[]): string {
  const { received, accepted, refused, malformed, processed, deadLettered } = account
  const sent = reports.reduce((sum, report) => sum + report.readings, 0)
  const onTheWay = sent - received
  const lost = received - accepted - refused - malformed
  const unprocessed = accepted - processed - deadLettered
  const faults = Object.entries({ onTheWay, lost, unprocessed, refused, malformed }).filter(
    ([, n]) => n !== 0,
  )
  if (faults.length === 0) return `0 lost, 0 refused of ${sent}`
  return `FAULTY: ${faults.map(([name, count]) => `${name} ${count}`).join(', ')} of ${sent}`
}
