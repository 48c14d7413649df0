/**
 * Finds anomalies among recorded readings as the router finds them among those that come: by the same arithmetic, series by
 * series in their order. Writes the score of each reading beside it.
 */
import type { AnomalyRule } from '../../core/device.ts'
import { TIERS } from '../../core/tiers.ts'
import { learn, newStatistics, phaseOf, scaledScore, scoreOf } from '../../kernels/reference/score.ts'
import type { MetricRule, ScoreRule, Statistics } from '../../kernels/reference/score.ts'
import type { Dimension, Sighting } from '../../incidents/incident-book.ts'
import { PHASE_RECOVERED } from '../../memory/layout/lanes.layout.ts'
import { DIRECTION_HIGH, DIRECTION_LOW } from '../../memory/layout/map.layout.ts'
import { SCORE_SCALE } from '../../memory/layout/reading.layout.ts'
import { gains } from '../../memory/memory-map.ts'
import type { ReadingBlock } from '../../pipelines/definition/reading-block.ts'
import type { DeviceList } from '../device-list.ts'
import type { AnomalyOrder } from './anomaly-order.ts'

/** An anomalous reading, or the one with which its series is normal again. */
export interface AnomalyNote extends Sighting {
  readonly recovered: boolean
  readonly names: { readonly device: string; readonly metric: string }
  /** What the device has of the dimensions that incidents ask for. */
  readonly values: Readonly<Partial<Record<Dimension, string>>>
}

/** Names and numbers of the run. */
export interface ScanNames {
  metricName(id: number): string
  regionName(index: number): string
  readonly devices: DeviceList
}

export class AnomalyScan {
  readonly #order: AnomalyOrder
  readonly #names: ScanNames
  readonly #rule: ScoreRule
  readonly #metrics: (MetricRule | undefined)[] = []
  /** By metric and device. */
  readonly #series: Map<number, Statistics>[] = []
  #notes: AnomalyNote[] = []

  constructor(order: AnomalyOrder, names: ScanNames) {
    this.#order = order
    this.#names = names
    this.#rule = { ...order, gains: gains(order.smoothing) }
  }

  /** Scores the readings of the block. */
  take(block: ReadingBlock): void {
    for (let row = 0; row < block.count; row++) this.#takeRow(block, row)
  }

  /** What has been found since the last time. */
  notes(): readonly AnomalyNote[] {
    const notes = this.#notes
    if (notes.length > 0) this.#notes = []
    return notes
  }

  #takeRow(block: ReadingBlock, row: number): void {
    const metric = (this.#metrics[block.metric[row]] ??= this.#metricRule(block.metric[row]))
    const series = (this.#series[block.metric[row]] ??= new Map())
    const past = series.get(block.device[row]) ?? newStatistics()
    const value = block.value[row]
    const score = scoreOf(past, metric, value)
    const phase = phaseOf(past, metric, this.#rule, score)
    series.set(block.device[row], learn(past, metric, this.#rule, value, score))
    block.score[row] = scaledScore(score) / SCORE_SCALE
    if (phase !== 0) this.#notes.push(this.#noteOf(block, row, score, phase === PHASE_RECOVERED))
  }

  #metricRule(id: number): MetricRule {
    const { threshold, minDeviation, direction }: AnomalyRule =
      this.#order.metrics[this.#names.metricName(id)] ?? this.#order.usual
    const high = direction === 'low' ? 0 : DIRECTION_HIGH
    const low = direction === 'high' ? 0 : DIRECTION_LOW
    // in the router's table they have 32 bits
    return {
      threshold: Math.fround(threshold),
      minDeviation: Math.fround(minDeviation),
      direction: high | low,
    }
  }

  #noteOf(block: ReadingBlock, row: number, score: number, recovered: boolean): AnomalyNote {
    const { device, metric, time, lat, lon, region, tier } = block
    const { devices } = this.#names
    const known = devices.known(device[row])
    const regionName = this.#names.regionName(region[row])
    const metricName = this.#names.metricName(metric[row])
    const isPlaced = !Number.isNaN(lat[row])
    return {
      ...{ device: device[row], metric: metric[row], time: time[row], score, recovered, region: regionName },
      severity: TIERS[tier[row]] === 'critical' ? 'critical' : 'high',
      lat: isPlaced ? lat[row] : (known?.lat ?? NaN),
      lon: isPlaced ? lon[row] : (known?.lon ?? NaN),
      names: { device: devices.row(device[row])?.name ?? `#${device[row].toString(16)}`, metric: metricName },
      values: this.#valuesOf(device[row], metricName, regionName),
    }
  }

  #valuesOf(device: number, metric: string, region: string): AnomalyNote['values'] {
    const { tenant = '', attributes = {} } = this.#names.devices.row(device) ?? {}
    const valueOf = (dimension: Dimension): string => {
      if (dimension === 'metric') return metric
      if (dimension === 'region') return region
      if (dimension === 'tenant') return tenant
      return String(attributes[dimension.slice('attribute:'.length)] ?? '')
    }
    return Object.fromEntries(this.#order.dimensions.map((dimension) => [dimension, valueOf(dimension)]))
  }
}
