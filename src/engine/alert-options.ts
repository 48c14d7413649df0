import type { LifeCycleOptions } from '../alerts/life-cycle.ts'
import { parseMatchers } from '../alerts/matcher.ts'
import type { Config } from './config/config.ts'

/** What is configured of the life of alerts, ready to be used. */
export const lifeCycleOf = ({
  flapping,
  inhibitions,
  escalations,
  silences,
}: Config['alerts']): LifeCycleOptions => ({
  flapping,
  maxMutes: silences,
  inhibitions: inhibitions.map(({ source, target, equal }) => ({
    source: parseMatchers(source, 'source'),
    target: parseMatchers(target, 'target'),
    equal,
  })),
  escalations: escalations.map(({ match, steps }) => ({
    match: parseMatchers(match, 'match'),
    steps: steps.map(({ afterMs, severity, labels }) => ({ afterMs, severity, labels })),
  })),
})
