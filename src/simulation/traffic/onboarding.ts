import type { Random } from '../../core/random.ts'
import type { ShapeOptions } from '../scenario/fleet-options.ts'
import { draw } from './shapes.ts'

/** Devices that join one after the other. */
export class Onboarding {
  /** Readings that each sends at once. */
  readonly flush: number
  readonly #at: number
  readonly #over: number
  readonly #devices: number

  /** `share` of all of them are of this stream. */
  constructor(given: NonNullable<ShapeOptions['onboarding']>, share: number, random: Random) {
    this.flush = given.flush
    this.#at = draw(given.at, random)
    this.#over = given.over
    this.#devices = given.devices * share
  }

  /** How many have joined by then. */
  joinedBy(sinceMs: number): number {
    return this.#devices * Math.min(Math.max((sinceMs - this.#at) / this.#over, 0), 1)
  }
}
