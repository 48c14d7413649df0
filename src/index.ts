export { createEngine } from './engine/create-engine.ts'
export type { Engine } from './engine/engine.ts'
export type { Listening } from './engine/listeners/listener.ts'
export type { ConfigInput } from './engine/config/schema.ts'
export type { EngineEvents, VelocityEvent } from './engine/engine-events.ts'
export type { IngestResult } from './engine/embedding/embedded-intake.ts'
export type { ReadingInput } from './engine/embedding/reading-input.ts'
export type { ReadingRoom, ReadingWriter } from './engine/embedding/reading-writer.ts'
export { MillraceError, type ErrorCode } from './core/errors.ts'
export { deviceIdOf, seriesKey } from './core/ids.ts'
export type { Acknowledgement, Alert, AlertChange, AlertStanding, AlertState } from './core/alert.ts'
export type { AlertEnd, Evidence, MaintenanceHold, Mute, Severity } from './core/alert.ts'
export type { AlertDesk, AlertFilter, MuteStatus } from './alerts/alert-desk.ts'
export type { AlertPage } from './alerts/alert-query.ts'
export type { MuteRequest } from './alerts/mutes.ts'
export type {
  Incident,
  IncidentChange,
  IncidentMember,
  IncidentOrigin,
  IncidentStats,
} from './core/incident.ts'
export type {
  Execution,
  ExecutionStatus,
  JobStatus,
  JobView,
  MaintenanceEvent,
  WindowView,
} from './reservations/maintenance.ts'
export type { Admitted } from './reservations/reservation-book.ts'
export type { HookCall } from './reservations/ports.ts'
export type { MaintenanceDesk } from './engine/maintenance-desk.ts'
export type { Escalation, EscalationStats } from './core/escalation.ts'
export type { Device, DeviceProperties, Metric, AnomalyRule } from './core/device.ts'
export type { LadderStep } from './scaling/degradation/ladder.ts'
export type { OverrideRequest, ScalingReport, ScalingState } from './engine/scaling/documents.ts'
export type { ScalingDesk } from './engine/scaling-desk.ts'
export type { ScalingDecision, ScalingStats, SeriesDemand } from './core/scaling.ts'
export type {
  Account,
  DeadLetterStats,
  DurabilityStats,
  LatencySummary,
  PipelineStats,
  ReceiverStats,
  SinkStats,
  Stats,
  TierStats,
} from './core/stats.ts'
export { TIERS, type Tier } from './core/tiers.ts'
export type { PipelineModule } from './pipelines/pipeline-module.ts'
export type { PipelineContext, AlertRequest } from './pipelines/pipeline-context.ts'
export type { ReadingBatch } from './pipelines/reading-batch.ts'
export type { AnomalyEvent } from './pipelines/anomaly-event.ts'
export type { Notification } from './notifications/notification.ts'
export type { SinkResult } from './sinks/sink.ts'
export type { ResultListener } from './engine/result-desk.ts'
export type { EmitMessage } from './pipelines/pipeline-context.ts'
export {
  pipeline,
  type Pipeline,
  type PipelineOptions,
  type VelocityPolicy,
} from './pipelines/builder/pipeline.ts'
export { stage } from './pipelines/builder/decorators.ts'
export type { PatternStage, Stage, Stream, WindowStage } from './pipelines/builder/stage.ts'
export type { WindowResult } from './pipelines/builder/stage-types.ts'
export type { PartialMatch, PatternBegin, PatternMatch } from './pipelines/builder/pattern.ts'
export type { Reading } from './pipelines/builder/reading.ts'
export type { PeersOptions } from './pipelines/builder/peers.ts'
export type { PeerDeviation } from './pipelines/operators/peers.ts'
export type { Duration } from './pipelines/builder/duration.ts'
export type { PipelineDefinition } from './pipelines/definition/definition.ts'
export { attribute } from './pipelines/builder/keys.ts'
export { referenceTable, registry } from './pipelines/builder/tables.ts'
export { countWindow, globalWindow, session, sliding, tumbling } from './pipelines/builder/windows.ts'
export { count, sum, mean, variance, deviation, min, max } from './pipelines/builder/aggregates.ts'
export { first, last, range, rate, timeWeightedMean, trend } from './pipelines/builder/aggregates.ts'
export { median, quantile, distinct, top, histogram } from './pipelines/builder/aggregates.ts'
export {
  correlation,
  leadLag,
  regression,
  exponentialMean,
  type Aggregate,
} from './pipelines/builder/aggregates.ts'
