/** An event out there as a factor on the traffic of those it reaches, which may take time to reach them. */
import type { Random } from '../../core/random.ts'
import type { EventOptions } from '../scenario/fleet-options.ts'
import { distanceKm, type Point } from './places.ts'
import { draw, envelope } from './shapes.ts'

/** Devices of one group and region that are reached at one time. */
interface Reached {
  readonly share: number
  readonly afterMs: number
}

export class Happening {
  readonly name: string
  readonly at: number
  readonly times: number
  readonly lasts: number
  readonly #given: EventOptions

  constructor(given: EventOptions, random: Random) {
    this.name = given.name
    this.at = draw(given.at, random)
    this.times = draw(given.times, random)
    this.lasts = draw(given.for, random)
    this.#given = given
  }

  /** Which of the devices at these points it reaches, and when; empty = none. */
  reach(group: string, points: readonly Point[]): Reached[] {
    const { groups, near, speed } = this.#given
    if (groups !== undefined && !groups.includes(group)) return []
    const all = points.reduce((sum, { share }) => sum + share, 0)
    if (near === undefined) return [{ share: 1, afterMs: 0 }]
    return points.flatMap((point) => {
      const km = distanceKm(near, point)
      if (!(km <= near.within)) return []
      return [{ share: point.share / all, afterMs: speed === undefined ? 0 : (km / speed) * 1000 }]
    })
  }

  /** The factor for devices of which a part is reached. */
  factor(sinceMs: number, reached: readonly Reached[]): number {
    const { rise, fall } = this.#given
    if (sinceMs < this.at) return 1
    let more = 0
    for (const { share, afterMs } of reached)
      more += share * envelope(sinceMs - this.at - afterMs, rise, this.lasts, fall)
    return 1 + (this.times - 1) * more
  }
}
