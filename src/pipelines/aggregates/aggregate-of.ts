import type { AggregateSpec } from '../definition/aggregate-spec.ts'
import type { Aggregate, PairAggregate } from './aggregate.ts'
import { correlation } from './correlation.ts'
import { count } from './count.ts'
import { deviation } from './deviation.ts'
import { distinct } from './distinct.ts'
import { exponentialMean } from './exponential-mean.ts'
import { first } from './first.ts'
import { histogram } from './histogram.ts'
import { last } from './last.ts'
import { leadLag } from './lead-lag.ts'
import { max } from './max.ts'
import { mean } from './mean.ts'
import { members } from './members.ts'
import { min } from './min.ts'
import { quantile } from './quantile.ts'
import { range } from './range.ts'
import { rate } from './rate.ts'
import { regression } from './regression.ts'
import { sum } from './sum.ts'
import { timeWeightedMean } from './time-weighted-mean.ts'
import { top } from './top.ts'
import { trend } from './trend.ts'
import { variance } from './variance.ts'

const PLAIN = {
  ...{ count, sum, mean, variance, deviation, min, max, first, last, range, rate, distinct, trend },
  ...{ 'time-weighted-mean': timeWeightedMean, correlation, regression, members },
}

/** What does the aggregate that a definition asks for. */
export function aggregateOf(spec: AggregateSpec): Aggregate | PairAggregate {
  switch (spec.type) {
    case 'quantile':
      return quantile(spec.q)
    case 'top':
      return top(spec.k)
    case 'histogram':
      return histogram(spec.bounds)
    case 'exponential-mean':
      return exponentialMean(spec.halfLifeMs)
    case 'lead-lag':
      return leadLag(spec.stepMs, spec.maxLagMs)
    default:
      return PLAIN[spec.type]
  }
}
