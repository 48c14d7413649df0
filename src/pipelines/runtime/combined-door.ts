import { SHARDS } from '../../core/limits.ts'

/** The way to the part of the state where groups of all shards are put together, whichever threads there are. */
export interface CombinedDoor {
  /** What was last advanced to; the least watermark of all shards that are not idle. */
  watermark: number
  /** The watermark up to which the shard has handed over what it holds. */
  handedOver(shard: number): number
  noteHandedOver(shard: number, watermark: number): void
  /** Claims the part for `act`; false when another thread has it. */
  enter(act: () => void): boolean
}

/** Where there is one thread. */
export class OnlyThread implements CombinedDoor {
  watermark = -Infinity
  readonly #handedOver = Array.from({ length: SHARDS }, () => -Infinity)

  handedOver(shard: number): number {
    return this.#handedOver[shard]
  }

  noteHandedOver(shard: number, watermark: number): void {
    this.#handedOver[shard] = watermark
  }

  enter(act: () => void): boolean {
    act()
    return true
  }
}
