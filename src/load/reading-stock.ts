import { deviceIdOf } from '../core/ids.ts'
import type { Population } from './population.ts'
import type { TapePlan } from './tape.ts'

/** What a connection sends by the client library, as columns, round and round. */
export class ReadingStock {
  readonly readingsPerFrame: number
  readonly metricId: number
  /** True: readings carry their intended time; false: the server uses the arrival time. */
  readonly isTimed: boolean
  readonly size: number
  readonly ids: Float64Array
  readonly means: Float32Array
  /** Degrees; NaN = no position. */
  readonly lats: Float64Array
  readonly lons: Float64Array

  constructor(population: Population, { slots, readingsPerFrame, metric, timed }: TapePlan) {
    this.readingsPerFrame = readingsPerFrame
    this.metricId = metric.id
    this.isTimed = timed
    this.size = slots.length
    this.ids = Float64Array.from(slots, (device) => deviceIdOf(population.nameOf(device)))
    this.means = Float32Array.from(slots, (device) => population.meanOf(device))
    this.lats = Float64Array.from(slots, (device) => population.positionOf(device)?.lat ?? NaN)
    this.lons = Float64Array.from(slots, (device) => population.positionOf(device)?.lon ?? NaN)
  }
}
