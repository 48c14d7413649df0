import type { Aggregate } from './aggregate.ts'

const SUM = 0
const WEIGHT = 1
const TIME = 2

/**
 * Mean with weights that halve with every half-life of event time before the latest value; independent of the order that
 * values come in. Forward decay: G. Cormode and others, "Forward decay: a practical time decay model for streaming
 * systems", ICDE 2009, with the latest time as landmark.
 */
export function exponentialMean(halfLifeMs: number): Aggregate {
  const put = (f64: Float64Array, i: number, sum: number, weight: number, time: number): void => {
    const latest = f64[i + WEIGHT] === 0 ? time : f64[i + TIME]
    const now = Math.max(latest, time)
    const kept = now === latest ? 1 : 2 ** ((latest - now) / halfLifeMs)
    const share = now === time ? 1 : 2 ** ((time - now) / halfLifeMs)
    f64[i + SUM] = f64[i + SUM] * kept + sum * share
    f64[i + WEIGHT] = f64[i + WEIGHT] * kept + weight * share
    f64[i + TIME] = now
  }
  return {
    words: 6,
    add({ f64 }, at, value, time) {
      put(f64, at >>> 1, value, 1, time)
    },
    merge({ f64 }, at, from, fromAt) {
      const j = fromAt >>> 1
      if (from.f64[j + WEIGHT] === 0) return
      put(f64, at >>> 1, from.f64[j + SUM], from.f64[j + WEIGHT], from.f64[j + TIME])
    },
    result: ({ f64 }, at) => f64[(at >>> 1) + SUM] / f64[(at >>> 1) + WEIGHT],
  }
}
