/** What the HTTP API needs of the engine. Everything here answers at once, except where it says so. */
import type { AlertBook } from '../../alerts/alert-book.ts'
import type { AlertDesk } from '../../alerts/alert-desk.ts'
import type { AlertNews } from '../../alerts/alert-news.ts'
import type { Clock } from '../../core/clock.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { PipelineStats, Stats } from '../../core/stats.ts'
import type { Tier } from '../../core/tiers.ts'
import type { DeviceRegistry } from '../../devices/registry/device-registry.ts'
import type { MetricsDictionary } from '../../devices/registry/metrics-dictionary.ts'
import type { DeadLetterReplay } from '../../observability/dead-letter-replay.ts'
import type { DeadLetters } from '../../observability/dead-letters.ts'
import type { Quarantine } from '../../observability/quarantine.ts'
import type { EscalationDesk } from '../escalation-desk.ts'
import type { IncidentDesk } from '../incident-desk.ts'
import type { MaintenanceDesk } from '../maintenance-desk.ts'
import type { PipelineStreams } from '../../sinks/stream/pipeline-streams.ts'
import type { NotificationsDesk } from '../notifications-desk.ts'
import type { ScalingDesk } from '../scaling-desk.ts'

type Readiness = { readonly ready: true } | { readonly ready: false; readonly reason: string }

/** 401: no token or not a valid one; 403: a valid token, but not for this. */
type Authorization = 'ok' | { readonly status: 401 | 403; readonly reason: string }

/** What shared memory holds of a series. */
export interface SeriesView {
  readonly tier: Tier
  readonly region: string
  /** Readings processed since the series was first seen. */
  readonly count: number
  readonly mean: number
  readonly deviation: number
  /** Null before the first reading is processed. */
  readonly last: { readonly time: number; readonly value: number } | null
  /** The current one-minute window; null before the first reading is processed. */
  readonly window: SeriesWindow | null
}

interface SeriesWindow {
  /** Milliseconds since the epoch. */
  readonly start: number
  readonly end: number
  readonly count: number
  readonly mean: number
  readonly min: number
  readonly max: number
}

export interface EngineView {
  readonly clock: Clock
  readonly registry: DeviceRegistry
  readonly dictionary: MetricsDictionary
  readonly alerts: AlertBook
  readonly alertNews: AlertNews
  readonly incidents: Pick<IncidentDesk, 'stats' | 'book'>
  readonly escalation: Pick<EscalationDesk, 'stats' | 'list'>
  readonly alertDesk: AlertDesk
  readonly maintenance: Omit<MaintenanceDesk, 'begin' | 'close'>
  readonly quarantine: Quarantine
  readonly deadLetters: DeadLetters
  readonly deadLetterReplay: DeadLetterReplay
  readonly pipelines: {
    list(): readonly PipelineStats[]
    start(url: string): Promise<PipelineStats>
    remove(name: string): Promise<void>
  }
  readonly streams: PipelineStreams
  readonly notifications: Pick<NotificationsDesk, 'stats' | 'groups' | 'test'>
  readonly scaling: ScalingDesk
  stats(): Stats
  prometheus(): string
  ready(): Readiness
  /** Undefined if there is no such series. */
  series(deviceId: number, metricId: number): SeriesView | undefined
  /** Whether the sender may use the API; `ok` for everyone where authentication is off. */
  authorize(request: HttpRequest, scope: 'api'): Authorization
  /** Told of a bug met while answering; the client gets 500 without the details. */
  fault(error: unknown): void
}
