import type { ReadingNames } from './reading-names.ts'
import type { READING_FIELDS } from './row-shape.ts'

/** A reading in numbers. */
export interface ReadingNumbers {
  readonly device: number
  readonly metric: number
  readonly time: number
  readonly value: number
  readonly lat: number
  readonly lon: number
  readonly region: number
  readonly tier: number
  readonly score: number
}

/** The item that stages are shown. */
export function readingItem(reading: ReadingNumbers, names: ReadingNames): Record<string, unknown> {
  const device = names.device(reading.device)
  const metric = names.metric(reading.metric)
  const item = {
    device,
    deviceId: reading.device,
    metric,
    time: reading.time,
    value: reading.value,
    lat: reading.lat,
    lon: reading.lon,
    region: names.region(reading.region),
    tier: names.tier(reading.tier),
    score: reading.score,
    series: `${device}/${metric}`,
  }
  return item satisfies Record<keyof typeof READING_FIELDS, unknown>
}
