import type { AnomalyRule } from '../../core/device.ts'
import type { Config } from '../../engine/config/config.ts'
import type { Dimension } from '../../incidents/incident-book.ts'

/** How anomalies are told; plain data, for any thread. */
export interface AnomalyOrder {
  readonly warmup: number
  readonly smoothing: number
  readonly clearRatio: number
  readonly clearAfter: number
  readonly usual: AnomalyRule
  /** Of metrics that say something else. */
  readonly metrics: Readonly<Record<string, AnomalyRule>>
  /** What incidents ask of devices. */
  readonly dimensions: readonly Dimension[]
}

export type AnomalyConfig = Pick<Config, 'anomalies' | 'metrics' | 'incidents'>

export function anomalyOrderOf({ anomalies, metrics, incidents }: AnomalyConfig): AnomalyOrder {
  const { warmup, smoothing, clearRatio, clearAfter, threshold, direction, minDeviation } = anomalies
  const usual = { threshold, direction, minDeviation }
  const own = Object.entries(metrics).map(([name, rule]) => [
    name,
    {
      threshold: rule.threshold ?? usual.threshold,
      direction: rule.direction ?? usual.direction,
      minDeviation: rule.minDeviation ?? usual.minDeviation,
    },
  ])
  return {
    ...{ warmup, smoothing, clearRatio, clearAfter, usual },
    metrics: Object.fromEntries(own) as Record<string, AnomalyRule>,
    dimensions: [...new Set(incidents.correlations.flatMap(({ by }) => by as readonly Dimension[]))],
  }
}
