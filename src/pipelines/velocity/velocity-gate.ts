import type { VelocityOptions } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import type { HeldReadings } from './held-readings.ts'
import { DeclaredPaces, type OnMove, Paces } from './paces.ts'
import type { VelocityMemory } from './velocity-memory.ts'

/** Batches of whole tiers, which the engine asks of all pipelines while there isn't enough for all. */
export interface ShortageBatches {
  /** 0 = none are asked for. */
  readonly batchReadings: number
  readonly batchDelayMs: number
  isBatched(tier: number): boolean
}

export interface VelocityGateParts {
  readonly memory: VelocityMemory
  readonly policy: VelocityOptions | undefined
  readonly lookup: Pick<Lookup, 'metricName'>
  readonly shortage: ShortageBatches
  readonly onMove: OnMove
}

/**
 * Holds the readings of fast devices back until a batch of them is together or has waited long enough; those of slow ones go
 * on at once. Without a policy nobody is fast, and what is held from before is due at once. Where batches are asked for by
 * tier, devices of these are held like fast ones.
 */
export class VelocityGate {
  readonly #parts: VelocityGateParts
  readonly #paces: ((shard: number) => Paces) | undefined
  readonly #isHeld = new Uint8Array(BLOCK_ROWS)

  constructor(parts: VelocityGateParts) {
    this.#parts = parts
    this.#paces = pacesByShard(parts)
  }

  held(shard: number): HeldReadings {
    return this.#parts.memory.held(shard)
  }

  /** A batch is whole, or has waited long enough. */
  isDue(shard: number, nowMs: number): boolean {
    const { policy, shortage } = this.#parts
    const held = this.held(shard)
    if (held.count === 0) return false
    const { batchReadings } = shortage
    if (batchReadings === 0 && (policy === undefined || held.hasSlow)) return true
    const { readings, delayMs } = policy?.batch ?? NO_BATCH
    if (held.count >= Math.max(readings, Math.min(batchReadings, BLOCK_ROWS))) return true
    return held.heldMs(nowMs) >= Math.max(delayMs, batchReadings === 0 ? 0 : shortage.batchDelayMs)
  }

  /** Takes readings that are held out of the block; `show` is called before, when what is held has to be shown first. */
  divide(shard: number, block: ReadingBlock, nowMs: number, show: () => void): void {
    const { batchReadings } = this.#parts.shortage
    const held = this.held(shard)
    if (this.#paces === undefined && batchReadings === 0 && held.count === 0) return
    this.look(shard, nowMs, show)
    held.forgetStaged()
    const paces = this.#paces?.(shard)
    // nothing that is held for its tier alone is overtaken by what goes on at once from now on
    if (batchReadings === 0 && held.hasSlow) show()
    if (held.count > 0 && paces !== undefined && anySlowsDown(paces, block)) show()
    const count = this.#divide(paces, block, batchReadings > 0)
    if (held.hasSlow && count < block.count && this.#overtakes(held, block)) show()
    if (count > 0 && held.count + count > BLOCK_ROWS) show()
    if (count > 0) held.stage(block, this.#isHeld, batchReadings > 0)
  }

  /** Finds out who has become slow, when it is time. */
  look(shard: number, nowMs: number, show: () => void): void {
    const paces = this.#paces?.(shard)
    if (paces?.isLookDue(nowMs) !== true) return
    show()
    paces.look(nowMs)
  }

  /** A batch was shown. */
  noteShown(readings: number): void {
    this.#parts.memory.shown(readings)
  }

  /** Says of each row whether it is held; how many are. */
  #divide(paces: Paces | undefined, { device, metric, tier, count }: ReadingBlock, isShort: boolean): number {
    const { shortage } = this.#parts
    let held = 0
    for (let i = 0; i < count; i++) {
      const isFast = paces?.note(device[i], metric[i], tier[i]) === true
      held += this.#isHeld[i] = isFast || (isShort && shortage.isBatched(tier[i])) ? 1 : 0
    }
    return held
  }

  /** A device that has changed its tier has readings among those that are held. */
  #overtakes(held: HeldReadings, { device, count }: ReadingBlock): boolean {
    for (let i = 0; i < count; i++) if (this.#isHeld[i] === 0 && held.has(device[i])) return true
    return false
  }
}

const NO_BATCH = { readings: 0, delayMs: 0 }

function pacesByShard({
  memory,
  policy,
  lookup,
  onMove,
}: VelocityGateParts): ((shard: number) => Paces) | undefined {
  if (policy === undefined) return undefined
  const declared = new DeclaredPaces(policy, lookup)
  const opened: (Paces | undefined)[] = []
  const told: OnMove = (device, to, perSecond) => {
    memory.moved(to)
    onMove(device, to, perSecond)
  }
  return (shard) =>
    (opened[shard] ??= new Paces(memory.buffer, memory.offsetOf(shard), policy, declared, told))
}

function anySlowsDown(paces: Paces, { device, tier, count }: ReadingBlock): boolean {
  for (let i = 0; i < count; i++) if (paces.mustSlowDown(device[i], tier[i])) return true
  return false
}
