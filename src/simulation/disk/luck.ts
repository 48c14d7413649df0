/**
 * What a power cut leaves of the writes that were not synced. Some cuts keep all of them, some none, most something in
 * between; so each cut draws first how kind it is. Only then are the single writes drawn, or whole classes of outcomes
 * (everything but one write) would hardly ever come up.
 */
import type { Random } from '../../core/random.ts'

export class Luck {
  readonly random: Random
  readonly #kept: number
  readonly #torn: number

  /** `torn` is the share of sectors torn inside; 0 on media that write sectors whole. */
  constructor(random: Random, torn = 0) {
    this.random = random
    this.#torn = torn
    this.#kept = KINDNESS[Math.floor(random() * KINDNESS.length)](random)
  }

  keeps(): boolean {
    return this.random() < this.#kept
  }

  tears(): boolean {
    return this.#torn > 0 && this.random() < this.#torn
  }

  /** Which of `count` states a thing went through is found: its last, or any. */
  state(count: number): number {
    if (this.keeps()) return count - 1
    return this.#kept === NOTHING ? 0 : Math.floor(this.random() * count)
  }
}

const NOTHING = -1

const KINDNESS: readonly ((random: Random) => number)[] = [
  () => NOTHING,
  () => 1,
  () => 0.95,
  (random) => random(),
  (random) => random(),
]
