import type { Origin } from '../definition/outside.ts'

/**
 * Of an item that two have made: as late as the later one, about what both are about, where the left one was, and as
 * urgent as the more urgent one.
 */
export function joinedOrigin(left: Origin, right: Origin): Origin {
  return {
    time: Math.max(left.time, right.time),
    device: left.device === right.device ? left.device : 0,
    metric: left.metric === right.metric ? left.metric : 0,
    region: left.region,
    tier: Math.min(left.tier, right.tier),
    id: `${left.id}+${right.id}`,
  }
}
