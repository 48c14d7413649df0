import type { VelocityOptions } from '../definition/definition.ts'
import type { Lookup } from '../definition/outside.ts'
import { BLOCK_ROWS, type ReadingBlock } from '../definition/reading-block.ts'
import type { HeldReadings } from './held-readings.ts'
import { DeclaredPaces, type OnMove, Paces } from './paces.ts'
import type { VelocityMemory } from './velocity-memory.ts'

/**
 * Holds the readings of fast devices back until a batch of them is together or has waited long enough; those of slow ones go
 * on at once. Without a policy nobody is fast, and what is held from before is due at once.
 */
export class VelocityGate {
  readonly #memory: VelocityMemory
  readonly #policy: VelocityOptions | undefined
  readonly #paces: ((shard: number) => Paces) | undefined
  readonly #isFast = new Uint8Array(BLOCK_ROWS)

  constructor(
    memory: VelocityMemory,
    policy: VelocityOptions | undefined,
    lookup: Pick<Lookup, 'metricName'>,
    onMove: OnMove,
  ) {
    this.#memory = memory
    this.#policy = policy
    this.#paces = policy && pacesByShard(memory, policy, lookup, onMove)
  }

  held(shard: number): HeldReadings {
    return this.#memory.held(shard)
  }

  /** A batch is whole, or has waited long enough. */
  isDue(shard: number, nowMs: number): boolean {
    const held = this.held(shard)
    if (held.count === 0) return false
    if (this.#policy === undefined) return true
    const { readings, delayMs } = this.#policy.batch
    return held.count >= readings || held.heldMs(nowMs) >= delayMs
  }

  /** Takes readings of fast devices out of the block; `show` is called before, when what is held has to be shown first. */
  divide(shard: number, block: ReadingBlock, nowMs: number, show: () => void): void {
    if (this.#paces === undefined) return
    this.look(shard, nowMs, show)
    const paces = this.#paces(shard)
    const held = this.held(shard)
    held.forgetStaged()
    if (held.count > 0 && anySlowsDown(paces, block)) show()
    const { device, metric, tier } = block
    let fast = 0
    for (let i = 0; i < block.count; i++)
      fast += this.#isFast[i] = paces.note(device[i], metric[i], tier[i]) ? 1 : 0
    if (fast > 0 && held.count + fast > BLOCK_ROWS) show()
    if (fast > 0) held.stage(block, this.#isFast)
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
    this.#memory.shown(readings)
  }
}

function pacesByShard(
  memory: VelocityMemory,
  policy: VelocityOptions,
  lookup: Pick<Lookup, 'metricName'>,
  onMove: OnMove,
): (shard: number) => Paces {
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
