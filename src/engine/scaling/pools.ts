/** What scales in an engine: its worker threads, and the nodes beside this one where a configuration names some. */
import type { ScalingTarget } from '../../core/scaling.ts'
import type { ScaledPoolOptions } from '../../scaling/scaled-pool.ts'
import type { Config } from '../config/config.ts'
import { policyOptions } from '../config/options/scaling.ts'
import type { PoolTarget } from './pool-target.ts'
import { PullTarget } from './pull-target.ts'

export const WORKERS = 'workers'
export const NODES = 'nodes'

const NODES_EVERY_MS = 1000
const READY_WITHIN_MS = 30_000

/** `target`: what nodes are, where the engine asks for them. */
export function poolsOf(
  { scaling: { nodes, pool: policy }, pool: { min, max } }: Config,
  workers: PoolTarget,
  target: ScalingTarget | undefined,
): ScaledPoolOptions[] {
  const pool = {
    ...{ name: WORKERS, target: workers, workersPerUnit: 1, isOneOfMany: false },
    ...{ policy: { ...policy, min, max }, observeEveryMs: 0, readyWithinMs: READY_WITHIN_MS },
  }
  if (nodes === null) return [pool]
  return [
    pool,
    {
      ...{ name: NODES, target: target ?? new PullTarget(nodes.min), workersPerUnit: max, isOneOfMany: true },
      // the target is not part of it: what opens it is for nobody to see
      ...{ policy: policyOptions.strip().parse(nodes), observeEveryMs: NODES_EVERY_MS },
      readyWithinMs: nodes.readyWithinMs,
    },
  ]
}

/** What the configuration says; of workers, what memory was laid out for. */
export function hardBounds({ pool, scaling }: Config, name: string): Pick<typeof pool, 'min' | 'max'> {
  return name === WORKERS || scaling.nodes === null ? pool : scaling.nodes
}
