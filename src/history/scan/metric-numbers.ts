import { METRIC_IDS } from '../../core/limits.ts'
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'

/** Metrics of binary inputs, which have ids of the engine's dictionary: this run's numbers for them. */
export class MetricNumbers {
  readonly #names: ReadonlyMap<number, string>
  readonly #numbers: Int32Array

  constructor(desk: ScanDesk, names: ReadonlyMap<number, string>) {
    this.#names = names
    this.#numbers = desk.words(METRIC_IDS).fill(S.NONE)
    desk.u32[S.DESK_METRIC_NUMBERS >>> 2] = this.#numbers.byteOffset
  }

  of(id: number, into: { metricOf(name: string): number }): number {
    const known = this.#numbers[id]
    if (known >= 0) return known
    return (this.#numbers[id] = into.metricOf(this.#names.get(id) ?? `metric-${id}`))
  }
}
