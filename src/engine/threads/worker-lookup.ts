import { DeviceDirectoryReader } from '../../memory/device-directory.ts'
import type { DeviceRow, Lookup } from '../../pipelines/definition/outside.ts'
import type { MetricNames } from './metric-names.ts'

/** Rows that are kept taken apart; then all are forgotten, and those in use come back. */
const MAX_CACHED = 20_000

/** What pipelines ask of names and of the registry, answered in a worker. */
export class WorkerLookup implements Lookup {
  readonly #metrics: MetricNames
  readonly #regions: readonly string[]
  readonly #devices: DeviceDirectoryReader
  readonly #rows = new Map<number, { readonly place: number; readonly row: DeviceRow }>()

  constructor(metrics: MetricNames, regions: readonly string[], devices: SharedArrayBuffer) {
    this.#metrics = metrics
    this.#regions = regions
    this.#devices = new DeviceDirectoryReader(devices)
  }

  metricName(id: number): string {
    return this.#metrics.of(id)
  }

  metricId(name: string): number | undefined {
    return this.#metrics.idOf(name)
  }

  regionName(index: number): string {
    return this.#regions[index]
  }

  device(id: number): DeviceRow | undefined {
    const place = this.#devices.placeOf(id)
    if (place === 0) return undefined
    const cached = this.#rows.get(id)
    if (cached?.place === place) return cached.row
    if (this.#rows.size >= MAX_CACHED) this.#rows.clear()
    const row = JSON.parse(this.#devices.rowAt(place)) as DeviceRow
    this.#rows.set(id, { place, row })
    return row
  }
}
