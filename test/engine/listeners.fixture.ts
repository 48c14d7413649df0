import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { systemClock } from '../../src/core/clock.ts'
import { deviceIdOf, seriesKey } from '../../src/core/ids.ts'
import type { Stats } from '../../src/core/stats.ts'
import { createEngine } from '../../src/engine/create-engine.ts'
import type { ConfigInput } from '../../src/engine/config/schema.ts'
import type { Engine } from '../../src/engine/engine.ts'

/** A port that is free now: several listeners can't take any. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

export interface RunningEngine {
  readonly engine: Engine
  readonly port: number
  /** What went wrong; empty when all is well. */
  readonly failures: unknown[]
  readonly url: string
}

/** An engine with small limits and several listeners. */
export async function startEngine(config: ConfigInput = {}): Promise<RunningEngine> {
  const port = config.port ?? (await freePort())
  const small = { series: 10_000, devices: 10_000, ringBytes: 4 << 20, backlogBytes: 16 << 20 }
  const engine = await createEngine({
    listeners: 2,
    pool: { size: 1, min: 1, max: 1 },
    ...config,
    limits: { ...small, ...config.limits },
    port,
  })
  const failures: unknown[] = []
  engine.on('failure', (error) => failures.push(error))
  await engine.listen()
  return { engine, port, failures, url: `ws://127.0.0.1:${port}/v1/stream` }
}

/** A binary frame of `count` readings of one device's metric `value`. */
export function readingsOf(device: string, count: number, from = 0) {
  const series = seriesKey(deviceIdOf(device), 1)
  return Array.from({ length: count }, (_, index) => ({ series, time: 0, value: from + index, lat: -2147483648, lon: 0 }))
}

export const balance = ({ account }: Stats) => ({
  arrived: account.received - account.accepted - account.refused - account.malformed,
  kept: account.accepted - account.processed - account.inFlight - account.deadLettered - account.forwarded,
})

export const soon = async (condition: () => boolean | Promise<boolean>, ms = 5000): Promise<void> => {
  const clock = systemClock()
  const untilMs = clock.nowMs() + ms
  while (!(await condition())) {
    if (clock.nowMs() > untilMs) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
