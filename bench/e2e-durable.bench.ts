/**
 * What durability costs and gives, end to end: the rate with a journal beside that without in the same run, how long an
 * acknowledgement takes at half of it, what a checkpoint stops and slows, and how soon an engine that was killed is ready
 * again.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigInput } from '../src/engine/config/schema.ts'
import { type BenchCase, type BenchResult, benchResult } from './bench.ts'
import { atLeast, atMost, figure } from './e2e/figures.ts'
import { checkpointedRate } from './e2e/checkpointed-rate.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { until } from './e2e/pause.ts'
import { ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig, type LoadShape, sustainedRate, type Timing } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly timing: Timing
  readonly acknowledgedMs: number
  readonly checkpoints: { readonly series: number; readonly count: number; readonly everyMs: number }
  readonly restart: { readonly series: number; readonly rate: number; readonly seconds: number }
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: {
    series: 20_000,
    timing: { warmMs: 0, measureMs: 400 },
    acknowledgedMs: 500,
    checkpoints: { series: 20_000, count: 1, everyMs: 1000 },
    restart: { series: 5000, rate: 20_000, seconds: 1 },
  },
  full: {
    series: 1_000_000,
    timing: { warmMs: 3000, measureMs: 20_000 },
    acknowledgedMs: 10_000,
    checkpoints: { series: 10_000_000, count: 2, everyMs: 10_000 },
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
  const journal = await inFolder((dataDir) =>
    sustainedRate(shape, size.timing, { ...engineConfig(size.series), ...durable(dataDir) }),
  )
  const rate = Math.round(LOAD_SHARE * journal.readingsPerSecond)
  return benchResult([
    figure({
      name: 'over WebSocket, frames of 1,000, journal',
      unit: 'readings/s',
      value: journal.readingsPerSecond,
      check: journal.check,
      against: { name: 'the same, memory', value: inMemory.readingsPerSecond },
    }),
    ...(await checkpointed(size)),
    ...(await checkpointedAt(size, rate)),
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

/** Under a load without limit: all there is of the machine is taken. */
async function checkpointed(size: Size): Promise<BenchCase[]> {
  const { during, between, longestPauseMs, check } = await checkpointsUnder(size)
  const told = { check: `${check}; ${Math.round(during)} readings/s during, ${Math.round(between)} between` }
  const { series } = size.checkpoints
  return [
    pauseFigure(`load without limit, ${series} series`, longestPauseMs, told.check),
    figure({
      name: `rate during checkpoints beside that between them, ${series} series`,
      ...{ unit: '×', value: during / between, against: atLeast(0.9), ...told },
    }),
  ]
}

/** Under a load that leaves threads a processor when they need one. */
async function checkpointedAt(size: Size, rate: number): Promise<BenchCase[]> {
  const { longestPauseMs, check } = await checkpointsUnder(size, rate)
  return [pauseFigure(`${rate} readings/s, ${size.checkpoints.series} series`, longestPauseMs, check)]
}

const pauseFigure = (load: string, value: number, check: string): BenchCase =>
  figure({
    name: `longest pause of a shard for a checkpoint, ${load}`,
    ...{ unit: 'ms', value, against: atMost(5), check },
  })

function checkpointsUnder({ checkpoints: { series, count, everyMs } }: Size, rate?: number) {
  return inFolder((dataDir) => {
    const config = { ...engineConfig(series), ...durable(dataDir), checkpoint: { everyMs } }
    return checkpointedRate({ series, readingsPerFrame: 1000, format: 'binary', rate }, count, config)
  })
}

function acknowledged({ series, acknowledgedMs }: Size, rate: number): Promise<BenchCase[]> {
  return inFolder((dataDir) =>
    withEngine({ ...engineConfig(series), ...durable(dataDir) }, async (engine) => {
      await ready(engine)
      // the first reading of a series is the router's work, not the journal's
      const passed = await new LoadProcess(engine.url, passOver(series)).report
      const pace = { rate: String(rate), duration: `${acknowledgedMs}ms`, ack: true, sender: 'raw' }
      const load = new LoadProcess(engine.url, { devices: String(series), frame: '1000', ...pace })
      const report = await load.report
      const { latencyMs, unanswered } = report.acknowledged ?? {}
      const check = `${accountCheck(await engine.settled(), passed, report)}; ${rate} readings/s; ${unanswered} unanswered`
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
