/**
 * From an anomalous reading to its alert event in the embedding program, while a load process saturates the machine
 * with routine work over WebSocket. The program commits a reading far off for one warmed-up probe after the other and
 * listens for their alerts; the load sends a few anomalies of its own, which the engine times itself.
 */
import type { Engine } from '../src/engine/engine.ts'
import { createEngine } from '../src/engine/create-engine.ts'
import { type BenchResult, benchResult } from './bench.ts'
import { atMost, figure, quantile } from './e2e/figures.ts'
import { LoadProcess } from './e2e/load-process.ts'
import { pause, until } from './e2e/pause.ts'
import { commitAnomaly, probeName, warmProbes } from './e2e/probes.ts'
import { loadOptionsOf, measureUnder } from './e2e/sustained.ts'

export interface Size {
  readonly series: number
  readonly readingsPerFrame: number
  readonly probes: number
  readonly everyMs: number
  readonly warmMs: number
}

export const sizes: { readonly small: Size; readonly full: Size } = {
  small: { series: 5000, readingsPerFrame: 100, probes: 50, everyMs: 10, warmMs: 100 },
  full: { series: 1_000_000, readingsPerFrame: 1000, probes: 1000, everyMs: 20, warmMs: 6000 },
}

/** A few a second at millions of readings per second, once their series are warm. */
const LOAD_ANOMALIES = '0.000002'
const FIRST_PASS_MS = 60_000
const LOOK_EVERY_MS = 100
const ANSWERED_WITHIN_MS = 10_000

export async function run(size: Size): Promise<BenchResult> {
  const room = size.series + size.probes
  const engine = await createEngine({
    port: 0,
    limits: { series: room, devices: room, openAlerts: 1_000_000 },
  })
  try {
    await warmProbes(engine, size.probes)
    const { port } = await engine.listen()
    const load = new LoadProcess(`ws://127.0.0.1:${port}`, {
      ...loadOptionsOf({ ...size, format: 'binary' }),
      anomalies: LOAD_ANOMALIES,
    })
    const results = await measureUnder(load, () => measure(engine, size))
    await load.stop()
    return results
  } finally {
    await engine.close()
  }
}

async function measure(engine: Engine, size: Size): Promise<BenchResult> {
  await until('every series seen', FIRST_PASS_MS, LOOK_EVERY_MS, () => engine.stats().series >= size.series)
  await pause(size.warmMs)
  const before = engine.stats()
  const latencies = await probeLatencies(engine, size)
  const after = engine.stats()
  const seconds = after.uptimeSeconds - before.uptimeSeconds
  const routine = Math.round((after.account.processed - before.account.processed) / seconds)
  const detected = after.anomalies.detected - before.anomalies.detected
  const isWhole = latencies.length === size.probes
  const check = `${isWhole ? '' : 'FAULTY: '}${latencies.length} alerts of ${size.probes} probes; ${detected} anomalies among ${routine} readings/s`
  const told = { unit: 'ms', against: atMost(20), check }
  return benchResult([
    figure({ name: 'anomaly to alert event, saturated: p50', value: quantile(latencies, 0.5), ...told }),
    figure({ name: 'anomaly to alert event, saturated: p99', value: quantile(latencies, 0.99), ...told }),
    figure({
      name: 'anomaly to alert event, saturated: p99 as the engine tells it, over WebSocket too',
      value: after.anomalies.latencyMs.p99,
      ...told,
    }),
  ])
}

/** Milliseconds from each probe's commit to the alert about it. */
async function probeLatencies(engine: Engine, { probes, everyMs }: Size): Promise<number[]> {
  const sentAt = new Map<string, number>()
  const latencies: number[] = []
  const stop = engine.on('alert', (alert) => {
    const at = sentAt.get(alert.device)
    if (at === undefined) return
    sentAt.delete(alert.device)
    latencies.push(performance.now() - at)
  })
  for (let probe = 0; probe < probes; probe++) {
    await pause(everyMs)
    await commitAnomaly(engine, probeName(probe), sentAt)
  }
  await until('all alerts', ANSWERED_WITHIN_MS, LOOK_EVERY_MS, () => sentAt.size === 0).catch(() => undefined)
  stop()
  return latencies
}
