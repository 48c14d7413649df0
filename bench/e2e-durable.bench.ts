/**
 * What durability costs and gives, end to end: the rate with a journal beside that without in the same run, how long an
 * acknowledgement takes at half of it, what a checkpoint stops, and how soon an engine that was killed is ready again.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stats } from '../src/core/stats.ts'
import type { ConfigInput } from '../src/engine/config/schema.ts'
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { atMost, figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { until } from './e2e/pause.ts'
import { ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig, type LoadShape, sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly timing: Timing
  readonly acknowledgedMs: number
  readonly restart: { readonly series: number; readonly rate: number; readonly seconds: number }
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: {
    series: 20_000,
    timing: { warmMs: 0, measureMs: 400 },
    acknowledgedMs: 500,
    restart: { series: 5000, rate: 20_000, seconds: 1 },
  },
  full: {
    series: 1_000_000,
    timing: { warmMs: 3000, measureMs: 20_000 },
    acknowledgedMs: 10_000,
    restart: { series: 10_000_000, rate: 1_000_000, seconds: 60 },
  },
}

const LOAD_SHARE = 0.5
const CHECKPOINT_EVERY_MS = 5000
const LOOK_EVERY_MS = 50
const READY_WITHIN_MS = 300_000

export async function run(size: Size): Promise<BenchResult> {
  const shape: LoadShape = { series: size.series, readingsPerFrame: 1000, format: 'binary' }
  const inMemory = await sustainedRate(shape, size.timing)
  const journal = await inFolder(async (dataDir) => {
    let last: Stats | undefined
    const config = { ...engineConfig(size.series), ...durable(dataDir) }
    const sustained = await sustainedRate(shape, size.timing, config, (stats) => (last = stats))
    return { ...sustained, durability: last?.durability }
  })
  const rate = Math.round(LOAD_SHARE * journal.readingsPerSecond)
  return benchResult([
    figure({
      name: 'over WebSocket, frames of 1,000, journal',
      unit: 'readings/s',
      value: journal.readingsPerSecond,
      check: journal.check,
      against: { name: 'the same, memory', value: inMemory.readingsPerSecond },
    }),
    figure({
      name: 'longest pause of a shard for a checkpoint meanwhile',
      unit: 'ms',
      value: journal.durability?.checkpoint?.longestPauseMs ?? NaN,
      check: `${journal.durability?.checkpointFailures} failed`,
      against: atMost(5),
    }),
    ...(await acknowledged(size, rate)),
    await restart(size),
  ])
}

const durable = (dataDir: string): ConfigInput => ({
  durability: 'journal',
  dataDir,
  checkpoint: { everyMs: CHECKPOINT_EVERY_MS },
})

async function inFolder<T>(use: (dataDir: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-durable-'))
  try {
    return await use(join(folder, 'data'))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function acknowledged({ series, acknowledgedMs }: Size, rate: number): Promise<BenchCase[]> {
  return inFolder((dataDir) =>
    withEngine({ ...engineConfig(series), ...durable(dataDir) }, async (engine) => {
      await ready(engine)
      const pace = { rate: String(rate), duration: `${acknowledgedMs}ms`, ack: true, sender: 'raw' }
      const load = new LoadProcess(engine.url, { devices: String(series), frame: '1000', ...pace })
      const report = await load.report
      const { latencyMs, unanswered } = report.acknowledged ?? {}
      const check = `${accountCheck(await engine.settled(), report)}; ${rate} readings/s; ${unanswered} unanswered`
      const told = { unit: 'ms', check }
      return [
        figure({
          name: 'acknowledged at 50 %, p50',
          value: latencyMs?.p50 ?? NaN,
          against: atMost(8),
          ...told,
        }),
        figure({
          name: 'acknowledged at 50 %, p99',
          value: latencyMs?.p99 ?? NaN,
          against: atMost(25),
          ...told,
        }),
      ]
    }),
  )
}

/** Every series is known and in a checkpoint; then so many seconds of readings, kill -9, and the time until ready. */
function restart({ restart: { series, rate, seconds } }: Size): Promise<BenchCase> {
  return inFolder(async (dataDir) => {
    const config = { ...engineConfig(series), ...durable(dataDir), checkpoint: { everyMs: 86_400_000 } }
    const first = await ServedEngine.start(config)
    await ready(first)
    await new LoadProcess(first.url, passOver(series)).report
    const seen = await first.settled()
    await first.stop()
    const second = await ServedEngine.start(config)
    await ready(second)
    const paced = { devices: String(series), frame: '1000', rate: String(rate), duration: `${seconds}s` }
    await new LoadProcess(second.url, { ...paced, sender: 'raw' }).report
    const before = await second.settled()
    await second.kill()
    const startMs = performance.now()
    const third = await ServedEngine.start(config)
    try {
      await ready(third)
      const tookMs = performance.now() - startMs
      const { account, series: found, durability } = await third.stats()
      const isWhole = account.processed === before.account.processed && found === seen.series
      const words = `${durability?.replayed} replayed of ${before.account.processed}, ${found} series of ${seen.series}`
      return figure({
        name: `ready after kill -9: ${series} series, ${seconds} s at ${rate}/s`,
        unit: 's',
        value: tookMs / 1000,
        check: `${isWhole ? '' : 'FAULTY: '}${words}`,
        against: atMost(40),
      })
    } finally {
      await third.stop()
    }
  })
}

/** A reading of every device, at a pace that any engine keeps up. */
const passOver = (series: number) => ({
  devices: String(series),
  frame: '1000',
  rate: String(Math.max(series / 20, 10_000)),
  duration: `${Math.max(1, Math.min(20, series / 10_000))}s`,
  sender: 'raw',
})

async function ready(engine: ServedEngine): Promise<void> {
  await until('ready', READY_WITHIN_MS, LOOK_EVERY_MS, () => engine.isReady())
}
