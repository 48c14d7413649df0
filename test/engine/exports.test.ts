import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import * as millrace from '../../src/index.ts'

/** What programs can import. A name that appears or goes is a decision, not a side effect. */
const VALUES = [
  ...['MillraceError', 'TIERS', 'createEngine', 'deviceIdOf', 'seriesKey'],
  ...['pipeline', 'stage', 'attribute', 'registry', 'referenceTable'],
  ...['tumbling', 'sliding', 'session', 'countWindow', 'globalWindow'],
  ...[
    'count',
    'sum',
    'mean',
    'variance',
    'deviation',
    'min',
    'max',
    'first',
    'last',
    'range',
    'rate',
    'trend',
  ],
  ...['timeWeightedMean', 'median', 'quantile', 'distinct', 'top', 'histogram', 'correlation', 'regression'],
  ...['exponentialMean', 'leadLag'],
]
const TYPES = [
  ...[
    'Account',
    'Acknowledgement',
    'Alert',
    'PartialMatch',
    'PeerDeviation',
    'PeersOptions',
    'PatternBegin',
    'PatternMatch',
    'PatternStage',
    'AlertChange',
    'AlertEnd',
    'AlertDesk',
    'AlertFilter',
    'AlertPage',
    'AlertRequest',
    'AlertStanding',
    'AlertState',
    'AnomalyEvent',
    'AnomalyRule',
    'ConfigInput',
    'Device',
  ],
  ...[
    'DeviceProperties',
    'DurabilityStats',
    'Engine',
    'EmitMessage',
    'EngineEvents',
    'Evidence',
    'ErrorCode',
    'IngestResult',
    'LatencySummary',
    'Listening',
  ],
  ...['MaintenanceHold', 'Mute', 'MuteRequest', 'MuteStatus'],
  ...['Metric', 'PipelineContext', 'PipelineModule', 'ReadingBatch', 'ReadingInput', 'ReadingRoom'],
  ...['ReadingWriter', 'Stats', 'Tier', 'TierStats'],
  ...['Incident', 'IncidentChange', 'IncidentMember', 'IncidentOrigin', 'IncidentStats'],
  ...['Escalation', 'EscalationStats'],
  ...['Admitted', 'Execution', 'ExecutionStatus', 'HookCall', 'JobStatus', 'JobView'],
  ...['MaintenanceDesk', 'MaintenanceEvent', 'WindowView'],
  ...['LadderStep', 'OverrideRequest', 'ScalingDecision', 'ScalingDesk', 'ScalingReport', 'ScalingState'],
  ...['ScalingStats', 'SeriesDemand'],
  ...[
    'Aggregate',
    'Duration',
    'Pipeline',
    'PipelineDefinition',
    'PipelineOptions',
    'Reading',
    'Stage',
    'Stream',
  ],
  ...[
    'WindowResult',
    'WindowStage',
    'PipelineStats',
    'DeadLetterStats',
    'Notification',
    'ReceiverStats',
    'ResultListener',
    'Severity',
    'SinkResult',
    'SinkStats',
    'VelocityEvent',
    'VelocityPolicy',
  ],
]

/** Names in `export { … }` and `export type { … }` clauses. */
function exportedNames(source: string): { values: string[]; types: string[] } {
  const names = { values: [] as string[], types: [] as string[] }
  for (const [, isType, list] of source.matchAll(/^export( type)? \{([^}]*)\}/gm)) {
    for (const name of list.split(',').map((entry) => entry.trim())) {
      if (name === '') continue
      const type = isType !== undefined || name.startsWith('type ')
      names[type ? 'types' : 'values'].push(name.replace(/^type /, ''))
    }
  }
  return { values: names.values.sort(), types: names.types.sort() }
}

describe('the library', () => {
  it('exports these values and no others', () => {
    expect(Object.keys(millrace).sort()).toEqual([...VALUES].sort())
  })

  it('exports these types and no others, each by name', () => {
    const source = readFileSync(new URL('../../src/index.ts', import.meta.url), 'utf8')
    expect(source).not.toContain('*')
    expect(exportedNames(source)).toEqual({ values: [...VALUES].sort(), types: [...TYPES].sort() })
  })

  it('is what the package names as its entry', async () => {
    const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      exports: { '.': { default: string } }
    }
    const built = (await import(new URL(`../../${exports['.'].default}`, import.meta.url).href)) as object
    expect(Object.keys(built).sort()).toEqual([...VALUES].sort())
  })
})
