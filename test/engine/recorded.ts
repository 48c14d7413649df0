import type { Engine } from '../../src/engine/engine.ts'

/** A reading as the recorder pipeline saw it. */
export interface Seen {
  readonly shard: number
  readonly seen: number
  readonly series: string
  readonly device: number
  readonly metric: string
  readonly time: number
  readonly value: number
  readonly lat: number | null
  readonly lon: number | null
  readonly region: string
  readonly tier: string
  readonly score: number
}

type Row = [
  [number, number, string, number, string, number, number],
  [number | null, number | null, string, string, number],
]

const unpack = ([[shard, seen, series, device, metric, time, value], where]: Row): Seen => {
  const [lat, lon, region, tier, score] = where
  return { shard, seen, series, device, metric, time, value, lat, lon, region, tier, score }
}

/** Collects what fixtures/recorder.js sends: readings in the order in which the workers said them, per batch. */
export function record(engine: Engine): { readings: Seen[]; anomalies: Record<string, unknown>[] } {
  const heard = { readings: [] as Seen[], anomalies: [] as Record<string, unknown>[] }
  engine.on('emit', ({ topic, data }) => {
    if (topic === 'readings') heard.readings.push(...(data as Row[]).map(unpack))
    else if (topic === 'anomaly') heard.anomalies.push(data as Record<string, unknown>)
  })
  return heard
}

/** Values by series, in the order seen. */
export function valuesBySeries(
  readings: readonly { series: string; value: number }[],
): Map<string, number[]> {
  const values = new Map<string, number[]>()
  for (const { series, value } of readings) {
    const before = values.get(series)
    if (before === undefined) values.set(series, [value])
    else before.push(value)
  }
  return values
}

/** The whole numbers from `first` on. */
export const counting = (count: number, first = 0): number[] =>
  Array.from({ length: count }, (_, index) => first + index)
