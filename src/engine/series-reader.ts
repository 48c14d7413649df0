import { seriesKey } from '../core/ids.ts'
import { TIERS } from '../core/tiers.ts'
import * as S from '../memory/layout/series.layout.ts'
import type { SeriesView } from './api/engine-view.ts'
import type { Foundation } from './foundation.ts'

const MAX_ATTEMPTS = 100

/** Reads a series' row and windows while their writers are at work: again and again until two readings agree. */
export class SeriesReader {
  readonly #foundation: Foundation
  readonly #regionNames: readonly string[]

  constructor(foundation: Foundation, regionNames: readonly string[]) {
    this.#foundation = foundation
    this.#regionNames = regionNames
  }

  read(deviceId: number, metricId: number): SeriesView | undefined {
    const { plan, kernels } = this.#foundation
    const row = kernels.findSeries(plan.at.map, seriesKey(deviceId, metricId)) >>> 0
    if (row === 0) return undefined
    const series = this.#steady(row)
    const window = this.#steady(row - plan.at.series + plan.at.windows)
    const count = window.getFloat64(S.WINDOW_TOTAL, true)
    return {
      tier: TIERS[series.getUint8(S.ROW_TIER)],
      region: this.#regionNames[series.getUint8(S.ROW_REGION)],
      count,
      mean: series.getFloat64(S.ROW_MEAN, true),
      deviation: Math.sqrt(series.getFloat64(S.ROW_VARIANCE, true)),
      last: count === 0 ? null : lastOf(window),
      window: count === 0 ? null : windowOf(window),
    }
  }

  #steady(address: number): DataView {
    const { bytes } = this.#foundation.memory
    let copy = bytes.slice(address, address + S.ROW_BYTES)
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const again = bytes.slice(address, address + S.ROW_BYTES)
      if (Buffer.compare(copy, again) === 0) break
      copy = again
    }
    return new DataView(copy.buffer, copy.byteOffset, copy.byteLength)
  }
}

const lastOf = (window: DataView) => ({
  time: window.getFloat64(S.WINDOW_LAST_TIME, true),
  value: window.getFloat64(S.WINDOW_LAST, true),
})

function windowOf(window: DataView) {
  const start = window.getFloat64(S.WINDOW_START, true)
  const count = window.getUint32(S.WINDOW_COUNT, true)
  return {
    start,
    end: start + S.WINDOW_MS,
    count,
    mean: window.getFloat64(S.WINDOW_SUM, true) / count,
    min: window.getFloat64(S.WINDOW_MIN, true),
    max: window.getFloat64(S.WINDOW_MAX, true),
  }
}
