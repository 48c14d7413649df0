/** Devices of the bench's own that have sent usual values long enough for one far off to be an anomaly. */
import { deviceIdOf } from '../../src/core/ids.ts'
import type { Engine } from '../../src/engine/engine.ts'
import { pause } from './pause.ts'

const WARM_READINGS = 60
const VALUE_METRIC = 1
const USUAL = 20
const FAR_OFF = 500

export const probeName = (probe: number): string => `probe-${probe}`

export async function warmProbes(engine: Engine, probes: number): Promise<void> {
  for (let probe = 0; probe < probes; probe++) engine.devices.register(probeName(probe))
  for (let i = 0; i < WARM_READINGS; i++) {
    const readings = Array.from({ length: probes }, (_, probe) => {
      return { device: probeName(probe), metric: 'value', value: USUAL + Math.sin(i + probe) }
    })
    await engine.ingest(readings)
  }
}

/** Commits a reading far off and notes when; `sentAt` is by device. */
export async function commitAnomaly(
  engine: Engine,
  device: string,
  sentAt: Map<string, number>,
): Promise<void> {
  for (;;) {
    const room = engine.writer().claim(1)
    if (room !== undefined) {
      room.set(0, deviceIdOf(device), VALUE_METRIC, FAR_OFF)
      sentAt.set(device, performance.now())
      return room.commit()
    }
    await pause(1)
  }
}
