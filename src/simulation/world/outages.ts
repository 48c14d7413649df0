/** What of each stream gets through, and what devices kept meanwhile and send afterwards. */
import type { DemandMask } from '../../core/scaling.ts'
import type { Stream } from '../traffic/fleet.ts'
import type { Outage } from './faults.ts'

export interface Through {
  /** Readings that get through in the step. */
  readonly amount: number
  readonly mask: DemandMask | null
  /** Devices that come back. */
  readonly reconnected: number
}

export class Outages {
  readonly #outages: readonly Outage[]
  readonly #streams: readonly Stream[]
  /** By stream. */
  readonly #kept: Float64Array
  readonly #isAway: boolean[]

  constructor(outages: readonly Outage[], streams: readonly Stream[]) {
    this.#outages = outages
    this.#streams = streams
    this.#kept = new Float64Array(streams.length)
    this.#isAway = streams.map(() => false)
  }

  through(stream: number, rate: number, sinceMs: number, ms: number): Through {
    const amount = (rate * ms) / 1000
    if (this.#outages.length === 0) return { amount, mask: null, reconnected: 0 }
    const { region, devices } = this.#streams[stream]
    const outage = this.#last(region, sinceMs)
    if (outage === undefined) return { amount, mask: null, reconnected: 0 }
    const mask = outage.isNoticed ? 'outage' : null
    if (sinceMs < outage.until) {
      this.#kept[stream] += amount * outage.keeps
      this.#isAway[stream] = true
      return { amount: 0, mask, reconnected: 0 }
    }
    const reconnected = this.#isAway[stream] ? devices : 0
    this.#isAway[stream] = false
    return { amount: amount + this.#catchUp(stream, outage, sinceMs, ms), mask, reconnected }
  }

  /** The outage that is on, or whose end is felt. */
  #last(region: string, sinceMs: number): Outage | undefined {
    return this.#outages.findLast(
      (outage) =>
        (outage.region === undefined || outage.region === region) &&
        outage.from <= sinceMs &&
        sinceMs < outage.until + outage.over,
    )
  }

  #catchUp(stream: number, { until, over }: Outage, sinceMs: number, ms: number): number {
    const leftMs = Math.max(ms, until + over - sinceMs)
    const sent = (this.#kept[stream] * ms) / leftMs
    this.#kept[stream] -= sent
    return sent
  }
}
