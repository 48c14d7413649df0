import type { DeviceRow, Lookup } from '../../pipelines/definition/outside.ts'
import type { DeviceList } from '../device-list.ts'

/** Metrics from 1 on and regions from 0 on, as the run numbers them: the same in all its threads. */
export class RunNames implements Lookup {
  readonly #devices: DeviceList
  readonly #metrics: string[] = ['']
  readonly #metricIds = new Map<string, number>()
  readonly #regions: string[] = []

  constructor(devices: DeviceList, metrics: readonly string[]) {
    this.#devices = devices
    this.learn(metrics, [])
  }

  learn(metrics: readonly string[], regions: readonly string[]): void {
    for (const metric of metrics) this.#metricIds.set(metric, this.#metrics.push(metric) - 1)
    this.#regions.push(...regions)
  }

  metricName(id: number): string {
    return this.#metrics[id] ?? `metric-${id}`
  }

  metricId(name: string): number | undefined {
    return this.#metricIds.get(name)
  }

  regionName(index: number): string {
    return this.#regions[index] ?? 'unassigned'
  }

  device(id: number): DeviceRow | undefined {
    return this.#devices.row(id)
  }
}
