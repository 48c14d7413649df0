/** What an engine finds of itself from before its last end. */
import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../../core/clock.ts'
import { publishCursor } from '../../memory/atomics.ts'
import { CONTROL_REPLAYING } from '../../memory/layout/control.layout.ts'
import type { RegistryStore } from '../../storage/registry/registry-store.ts'
import type { Config } from '../config/config.ts'
import type { Directory } from '../directory.ts'
import { type Kept, openKept } from '../durability/kept.ts'
import type { EventDesk } from '../engine-events.ts'
import type { Foundation } from '../foundation.ts'

/** Undefined where nothing outlives the process. */
export async function openKeptOf(
  { dataDir }: Config,
  foundation: Foundation,
  clock: Clock,
  events: EventDesk,
): Promise<Kept | undefined> {
  if (dataDir === null) return undefined
  publishCursor(foundation.memory.i32, foundation.plan.at.control + CONTROL_REPLAYING, 1)
  return openKept(dataDir, foundation, clock, (error) => events.tell('failure', error))
}

/** Metrics of the configuration have numbers, too, which must be the same after the next start. */
export function keepMetrics(store: RegistryStore, { dictionary }: Directory): void {
  const known = new Map(Array.from(store.load().metrics, (metric) => [metric.name, metric]))
  for (const metric of dictionary)
    if (!isDeepStrictEqual(known.get(metric.name), metric)) store.put({ kind: 'metric', metric })
}
