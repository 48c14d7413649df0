import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { ReadingBlock } from './definition/reading-block.ts'
import { COMBINED } from './runtime/operator.ts'
import type { Progress } from './runtime/progress.ts'
import type { Stream } from './runtime/stream.ts'
import type { VelocityGate } from './velocity/velocity-gate.ts'
import { AT_BATCH, AT_RESULT, AT_SLICE, type WorkMarks } from './work-marks.ts'

export interface LaneStreamParts {
  readonly stream: Stream
  readonly progress: Progress
  readonly marks: WorkMarks
  readonly velocity: VelocityGate
  /** A reading of the block that the pipeline cannot take in. */
  readonly giveUp: (block: ReadingBlock, row: number, error: unknown) => void
}

/**
 * A pipeline in a worker: shows it readings, in slices as they come or in batches, and lets time go on for it. What it is
 * shown is marked, for the case that the worker doesn't come back.
 */
export class LaneStream {
  readonly stream: Stream
  readonly progress: Progress
  readonly #parts: LaneStreamParts

  constructor(parts: LaneStreamParts) {
    this.stream = parts.stream
    this.progress = parts.progress
    this.#parts = parts
  }

  /**
   * Takes in a block: the lane's entries up to `position`. Readings of fast devices are taken out of it. Throws when several
   * readings cannot be taken in; one that can't is given up.
   */
  take(lane: number, block: ReadingBlock, position: number, nowMs: number): void {
    const { velocity, progress } = this.#parts
    const shard = lane & (SHARD_COUNT - 1)
    const latest = latestOf(block)
    velocity.divide(shard, block, nowMs, () => this.showHeld(shard))
    const onTaken = (): void => {
      progress.take(lane, position, latest, nowMs)
      velocity.held(shard).keep(nowMs)
    }
    if (block.count === 0) onTaken()
    else this.#show(shard, block, AT_SLICE, onTaken)
    if (velocity.isDue(shard, nowMs)) this.showHeld(shard)
  }

  isHolding(shard: number): boolean {
    return this.#parts.velocity.held(shard).count > 0
  }

  isBatchDue(shard: number, nowMs: number): boolean {
    return this.#parts.velocity.isDue(shard, nowMs)
  }

  /** Shows all that is held of the shard. */
  showHeld(shard: number): void {
    const { velocity } = this.#parts
    const held = velocity.held(shard)
    while (held.count > 0) {
      const block = held.next()
      const { count } = block
      try {
        this.#show(shard, block, AT_BATCH, () => held.drop(count))
        held.trust()
        velocity.noteShown(count)
      } catch {
        // fewer of them next time; what fails alone is given up with its error
        held.suspect(count)
      }
    }
  }

  /** No reading that comes now is older. */
  advance(shard: number, watermark: number): void {
    this.#go(shard, () => this.stream.advance(shard, watermark))
  }

  advanceCombined(watermark: number): void {
    this.#go(COMBINED, () => this.stream.advanceCombined(watermark))
  }

  lookAtPaces(shard: number, nowMs: number): void {
    this.#parts.velocity.look(shard, nowMs, () => this.showHeld(shard))
  }

  /** The watermark may go so far. */
  limit(shard: number): number {
    return this.#parts.velocity.held(shard).earliest
  }

  /** An error over a result, which is none of a user function's, counts as a death: the readings shown before have no part in it. */
  #go(shard: number, act: () => void): void {
    const { marks } = this.#parts
    try {
      act()
    } catch (error) {
      if (marks.died(shard, String(error)) !== AT_RESULT) throw error
    }
  }

  #show(shard: number, block: ReadingBlock, stage: number, onTaken: () => void): void {
    const { marks, stream, progress, giveUp } = this.#parts
    const { count } = block
    let isTaken = false
    const take = (): void => {
      isTaken = true
      onTaken()
    }
    marks.beginReadings(shard, stage, count)
    try {
      stream.process(shard, block, progress.watermark(shard), take)
    } catch (error) {
      marks.end(shard)
      if (isTaken || count > 1) throw error
      giveUp(block, 0, error)
      take()
    }
    marks.end(shard)
  }
}

function latestOf({ time, count }: ReadingBlock): number {
  let latest = -Infinity
  for (let i = 0; i < count; i++) if (time[i] > latest) latest = time[i]
  return latest
}
