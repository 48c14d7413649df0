import { z } from 'zod'
import { MAX_METRIC_NAME } from '../../../core/limits.ts'
import { name, whole } from './values.ts'

const threshold = z.number().gt(0).max(1000)
const direction = z.enum(['both', 'high', 'low'])
const minDeviation = z.number().gt(0).max(1e12)

const words = {
  threshold: 'Standard deviations from the running mean at which a reading is an anomaly.',
  direction: 'Which side counts.',
  minDeviation: 'Standard deviations smaller than this count as this, in the unit of the metric.',
}

/** How anomalies are told, where a metric doesn't say otherwise. */
export const anomaliesOptions = z.strictObject({
  threshold: threshold.default(6).meta({ description: words.threshold }),
  direction: direction.default('both').meta({ description: words.direction }),
  minDeviation: minDeviation.default(0.000001).meta({ description: words.minDeviation }),
  warmup: whole(2, 1_000_000, 30, 'Readings of a series before its anomalies are told.'),
  smoothing: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.05)
    .meta({ description: 'Weight of the newest reading in the running mean and variance.' }),
  clearRatio: z.number().min(0).max(1).default(0.5).meta({
    description: 'An alert can clear below this share of the threshold.',
  }),
  clearAfter: whole(1, 1_000_000, 5, 'Readings in a row below it that clear the alert.'),
})

const inherited = (key: keyof typeof words) => ({
  description: words[key],
  'x-default': `\`anomalies.${key}\``,
})

const metricOptions = z.strictObject({
  unit: z.string().max(32).default('').meta({ description: 'Unit, for people.' }),
  threshold: threshold.optional().meta(inherited('threshold')),
  direction: direction.optional().meta(inherited('direction')),
  minDeviation: minDeviation.optional().meta(inherited('minDeviation')),
})

/** Metrics known from the start, by name; their ids are given in this order after `value`. */
export const metricsOptions = z.record(name(MAX_METRIC_NAME), metricOptions)
