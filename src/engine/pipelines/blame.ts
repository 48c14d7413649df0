/** What a worker that died in a shard was at in a pipeline; put right where that is all there is to do. */
import { AT_BATCH, AT_NOTHING, AT_SLICE } from '../../pipelines/work-marks.ts'
import type { Blame } from '../lost-work.ts'
import type { Running } from './running.ts'

export function blameOf(
  { marks, velocity, progress, recipe, outside }: Running,
  shard: number,
  cause: unknown,
): Blame[] {
  const count = marks.count(shard)
  const reason = cause instanceof Error ? cause.message : String(cause)
  const stage = marks.died(shard, reason)
  if (stage === AT_NOTHING) return []
  const skip = (lane: number, position: number): void => progress.skip(lane, position)
  if (stage === AT_SLICE) return [{ pipeline: recipe.name, skip }]
  if (stage === AT_BATCH) {
    const held = velocity.held(shard)
    if (count === 1) {
      outside.giveUp(held.next(), 0, reason)
      held.drop(1)
    } else held.suspect(count)
  }
  return [{ pipeline: undefined, skip }]
}
