/** Devices whose readings are abnormal for a while; with a cascade, wave after wave. */
import { chanceOf } from '../chance.ts'
import type { AnomalyOptions } from '../scenario/world-options.ts'
import { draw } from '../traffic/shapes.ts'

const SOURCE = 12

interface Wave {
  readonly from: number
  readonly until: number
  readonly devices: number
  readonly given: AnomalyOptions
}

/** What is abnormal of a stream: shares of its readings. */
export interface Abnormal {
  readonly share: number
  /** What of them has become critical. */
  readonly escalated: number
  /** Work that the events make, in readings, per reading of the stream. */
  readonly work: number
}

const NOTHING: Abnormal = { share: 0, escalated: 0, work: 0 }

export class Anomalies {
  readonly #waves: readonly Wave[]

  constructor(anomalies: readonly AnomalyOptions[], seed: number) {
    this.#waves = anomalies.flatMap((given, index) => {
      const random = chanceOf(seed, SOURCE, index)
      if (random() >= given.chance) return []
      const begin = draw(given.at, random)
      const lasts = draw(given.for, random)
      const devices = draw(given.devices, random)
      const { waves, every, times } = given.cascade ?? { waves: 1, every: 0, times: 1 }
      return Array.from({ length: waves }, (_, wave) => ({
        from: begin + wave * every,
        until: begin + wave * every + lasts,
        devices: devices * times ** wave,
        given,
      }))
    })
  }

  at(sinceMs: number, group: string, region: string): Abnormal {
    let normal = 1
    let calm = 1
    let work = 0
    for (const { from, until, devices, given } of this.#waves) {
      if (sinceMs < from || sinceMs >= until) continue
      if (given.region !== undefined && given.region !== region) continue
      if (given.groups !== undefined && !given.groups.includes(group)) continue
      const share = Math.min(1, devices)
      work += normal * share * given.cost
      normal *= 1 - share
      if (given.escalates) calm *= 1 - share
    }
    return normal === 1 ? NOTHING : { share: 1 - normal, escalated: 1 - calm, work }
  }

  isActive(sinceMs: number): boolean {
    return this.#waves.some(({ from, until }) => from <= sinceMs && sinceMs < until)
  }
}
