/**
 * The pool of a real engine under a ramp of load over WebSocket, as a policy with much headroom moves it (at a seventh of what
 * workers could do, so that the ramp is worth several of them): that nothing was lost, the slowest ten seconds of premium readings,
 * and for how long the pool had fewer workers than were needed. Needs are those of the policy's own decisions.
 */
import type { ScalingState } from '../src/engine/scaling/documents.ts'
import type { Stats } from '../src/core/stats.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atLeast, atMost, figure } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause } from './e2e/pause.ts'
import { type ServedEngine, withEngine } from './e2e/served-engine.ts'
import { accountCheck, engineConfig } from './e2e/sustained.ts'

export interface Size {
  readonly devices: number
  readonly from: number
  readonly to: number
  readonly rampMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { devices: 2000, from: 1000, to: 50_000, rampMs: 1500 },
  full: { devices: 200_000, from: 1000, to: 5_000_000, rampMs: 60_000 },
}

const MOST_WORKERS = 4
const TARGET_UTILISATION = 0.15
const MIX = 'premium=20,standard=70,bulk=10'
const LOOK_EVERY_MS = 250
const PREMIUM_MS = 50
const BEHIND_S = 2

export async function run(size: Size): Promise<BenchResult> {
  const config = {
    ...engineConfig(size.devices),
    pool: { min: 1, max: MOST_WORKERS },
    scaling: { enabled: true, pool: { targetUtilisation: TARGET_UTILISATION } },
  }
  return withEngine(config, async (engine) => {
    const load = new LoadProcess(engine.url, {
      ...{ devices: String(size.devices), frame: '1000', tiers: MIX, sender: 'raw' },
      ...{ ramp: `${size.from}:${size.to}:${size.rampMs}ms`, duration: `${size.rampMs}ms` },
    })
    const seen = await watch(engine, load)
    const report = await load.report
    const check = `${accountCheck(await engine.settled(), report)}; ${report.unsentFrames} frames unsent`
    const { slowest, behindSeconds, mostWorkers } = seen
    return benchResult([
      figure({
        ...{ name: 'ramp: premium p99, slowest ten seconds', unit: 'ms', value: slowest, check },
        against: atMost(PREMIUM_MS),
      }),
      figure({
        ...{ name: 'ramp: fewer workers than needed, longest time', unit: 's', value: behindSeconds, check },
        against: atMost(BEHIND_S),
      }),
      figure({
        ...{ name: 'ramp: most workers', unit: 'workers', value: mostWorkers, check },
        against: atLeast(2),
      }),
    ])
  })
}

interface Seen {
  readonly slowest: number
  /** At most: between two looks nobody knows. */
  readonly behindSeconds: number
  readonly mostWorkers: number
}

/** Looks at the engine as long as the load lasts. */
async function watch(engine: ServedEngine, load: LoadProcess): Promise<Seen> {
  let isRunning = true
  void load.report.finally(() => (isRunning = false)).catch(() => undefined)
  let [slowest, mostWorkers, behindMs, behindSince] = [0, 1, 0, NaN]
  while (isRunning) {
    const stats: Stats = await engine.stats()
    const [pool] = (await engine.json<ScalingState>('/v1/scaling')).pools
    slowest = Math.max(slowest, stats.tiers.premium.latencyMs.p99)
    mostWorkers = Math.max(mostWorkers, stats.pool.size)
    const needed = Math.min(pool.max, pool.decision?.wanted ?? 1)
    const nowMs = performance.now()
    behindSince = stats.pool.size >= needed ? NaN : Number.isNaN(behindSince) ? nowMs : behindSince
    if (!Number.isNaN(behindSince)) behindMs = Math.max(behindMs, nowMs - behindSince)
    await pause(LOOK_EVERY_MS)
  }
  return { slowest, mostWorkers, behindSeconds: (behindMs + LOOK_EVERY_MS) / 1000 }
}
