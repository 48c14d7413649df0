import { METRIC_IDS } from '../../core/limits.ts'

/** Metrics of binary inputs, which have ids of the engine's dictionary: this run's numbers for them. */
export class MetricNumbers {
  readonly #names: ReadonlyMap<number, string>
  readonly #numbers = new Int32Array(METRIC_IDS).fill(-1)

  constructor(names: ReadonlyMap<number, string>) {
    this.#names = names
  }

  of(id: number, into: { metricOf(name: string): number }): number {
    const known = this.#numbers[id]
    if (known >= 0) return known
    return (this.#numbers[id] = into.metricOf(this.#names.get(id) ?? `metric-${id}`))
  }
}
