/** Scaling of an engine that has nothing to do, until it is told to begin. */
import type { AlertBook } from '../../../src/alerts/alert-book.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { parseConfig } from '../../../src/engine/config/parse.ts'
import type { ConfigInput } from '../../../src/engine/config/schema.ts'
import { AlertLog } from '../../../src/engine/durability/alert-log.ts'
import { EventDesk } from '../../../src/engine/engine-events.ts'
import { ScalingDesk, type ScalingDeskParts } from '../../../src/engine/scaling-desk.ts'
import { NO_TIERS, SetForecaster } from '../../scaling/rig.ts'

export const NOTHING_READ = {
  ...{ arrivals: Float64Array.of(0), activations: 0, backlog: NO_TIERS, refused: NO_TIERS },
  ...{ processed: 0, busyMs: 0, mask: null },
}

export function idleScaling(
  clock: Clock,
  alerts: AlertBook,
  config: ConfigInput = { pool: { min: 1, max: 4 } },
  over: Partial<ScalingDeskParts> = {},
): ScalingDesk {
  const pool = { size: 1, running: 1 }
  const resize = (size: number): Promise<void> => {
    Object.assign(pool, { size, running: size })
    return Promise.resolve()
  }
  return new ScalingDesk({
    ...{
      config: parseConfig(config).config,
      clock,
      alerts,
      alertLog: new AlertLog(),
      events: new EventDesk(),
    },
    pool: Object.assign(pool, { resize }),
    ...{ gauge: { read: () => NOTHING_READ }, forecaster: new SetForecaster(), nextTicket: () => 1 },
    ...{ pausePipelines: () => Promise.resolve(), economise: () => undefined },
    ...over,
  })
}
