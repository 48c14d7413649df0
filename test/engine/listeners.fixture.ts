import { createServer } from 'node:net'
import { once } from 'node:events'
import { systemClock } from '../../src/core/clock.ts'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import type { Stats } from '../../src/core/stats.ts'
import { type Assembly, assemble } from '../../src/engine/assembly.ts'
import { parseConfig } from '../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import { Engine } from '../../src/engine/engine.ts'
import { countersOf } from '../../src/engine/listeners/listener.ts'
import { INTAKE_CONNECTIONS, INTAKE_COMMITTED } from '../../src/ingest/intake-counters.ts'
import type { TestReading } from '../ingest/frames.ts'

/** Below the ports that systems give out by themselves, so that nobody is given one of these meanwhile. */
const OWN_PORTS = { first: 20_000, count: 12_000 }
let portsTried = 0

/** A port that is free now, for several listeners can't take any; every process tries others. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = OWN_PORTS.first + ((process.pid * 101 + portsTried++) % OWN_PORTS.count)
    const probe = createServer().listen(port, '127.0.0.1')
    const isFree = await once(probe, 'listening').catch(() => undefined)
    if (isFree === undefined) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}

export interface RunningEngine {
  readonly engine: Engine
  readonly assembly: Assembly
  readonly port: number
  /** What went wrong; empty when all is well. */
  readonly failures: unknown[]
  readonly url: string
}

/** An engine with small limits and several listeners. */
export async function startEngine(config: ConfigInput = {}): Promise<RunningEngine> {
  const port = config.port ?? (await freePort())
  const small = { series: 10_000, devices: 10_000, ringBytes: 4 << 20, backlogBytes: 16 << 20 }
  const pool = { size: 1, min: 1, max: 1 }
  const input = { listeners: 2, pool, ...config, limits: { ...small, ...config.limits }, port }
  const assembly = await assemble(parseConfig(input).config, systemClock())
  const engine = new Engine(assembly)
  const failures: unknown[] = []
  engine.on('failure', (error) => failures.push(error))
  await engine.listen()
  return { engine, assembly, port, failures, url: `ws://127.0.0.1:${port}/v1/stream` }
}

/** A binary frame of `count` readings of one device's metric `value`. */
export function readingsOf(device: string, count: number, from = 0): TestReading[] {
  const series = seriesKey(deviceIdOf(device), 1)
  return Array.from({ length: count }, (_, index) => ({ series, value: from + index }))
}

/** Open connections of each listener. */
export const connectionsOf = ({ assembly }: RunningEngine): number[] =>
  [1, 2].map((ring) => countersOf(assembly.foundation, ring)[INTAKE_CONNECTIONS])

/** Readings each listener has handed to the router. */
export const committedOf = ({ assembly }: RunningEngine): number[] =>
  [1, 2].map((ring) => countersOf(assembly.foundation, ring)[INTAKE_COMMITTED])

export const balance = ({ account }: Stats) => ({
  arrived: account.received - account.accepted - account.refused - account.malformed,
  kept: account.accepted - account.processed - account.inFlight - account.deadLettered - account.forwarded,
})

export const soon = async (condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> => {
  const clock = systemClock()
  const untilMs = clock.nowMs() + ms
  while (!(await condition())) {
    if (clock.nowMs() > untilMs) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
