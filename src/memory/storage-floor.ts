import { observeCursor, publishCursor } from './atomics.ts'
import { MAP_TIERS_SHED } from './layout/map.layout.ts'
import type { SharedMemory } from './shared-memory.ts'

/** How many tiers, from the lowest on, are refused because their readings could not be kept; 4 = all. */
export class StorageFloor {
  readonly #i32: Int32Array
  readonly #word: number

  constructor(memory: SharedMemory, map: number) {
    this.#i32 = memory.i32
    this.#word = map + MAP_TIERS_SHED
  }

  get tiersShed(): number {
    return observeCursor(this.#i32, this.#word)
  }

  /** Journal: read by the router's kernel with its next call, and by the intakes with their next frame. */
  shed(tiers: number): void {
    publishCursor(this.#i32, this.#word, tiers)
  }
}
