import { EventEmitter } from 'node:events'
import type { Alert, AlertChange } from '../core/alert.ts'
import type { Escalation } from '../core/escalation.ts'
import type { Incident, IncidentChange } from '../core/incident.ts'
import type { ScalingDecision } from '../core/scaling.ts'
import type { Stats } from '../core/stats.ts'
import type { MaintenanceEvent } from '../reservations/maintenance.ts'
import type { Notification } from '../notifications/notification.ts'
import type { LadderStep } from '../scaling/degradation/ladder.ts'
import type { EmitMessage } from '../pipelines/pipeline-context.ts'

/** What `engine.on` can be told of. */
export interface EngineEvents {
  /** Something has happened to an alert. */
  alert: [alert: Alert, change: AlertChange]
  /** For a receiver of kind `callback`: alerts, grouped as the routes say. */
  notification: [notification: Notification]
  /** Anomalies of several devices have become one incident, or one has changed (`updated` at most once a second) or ended. */
  incident: [incident: Incident, change: IncidentChange]
  /** The tier of devices was raised for a time, or is their own again. */
  escalation: [escalation: Escalation]
  /** Something has happened to planned maintenance. */
  maintenance: [event: MaintenanceEvent]
  /** A pool is to have another size, or a decision has had its effect. */
  scaling: [decision: ScalingDecision]
  /** Under severe shortage the engine does without something (see docs/scaling.md), or not any more. */
  degradation: [step: LadderStep]
  /** Once a second. */
  stats: [stats: Stats]
  /** A pipeline's `ctx.emit(topic, data)`. */
  emit: [message: EmitMessage]
  /** A worker crashed or hung and was replaced, or something else went wrong that the engine survived. */
  failure: [error: unknown]
  /** A device's readings are shown to a pipeline in batches from now on (`fast`), or again as they come. */
  velocity: [move: VelocityEvent]
  /** With `durability: journal`: what was accepted before the last end is taken in again; new readings are taken now. */
  recovered: [recovery: { readonly readings: number; readonly seconds: number }]
  /** Something that should be said out loud. */
  warning: [message: string]
}

export interface VelocityEvent {
  readonly pipeline: string
  /** Its name, or its number as text. */
  readonly device: string
  readonly to: 'fast' | 'slow'
  /** Its readings, when that was found out. */
  readonly perSecond: number
}

/** Events for the embedding program; a listener that throws hurts nobody else. */
export class EventDesk {
  readonly #emitter = new EventEmitter()

  on<K extends keyof EngineEvents>(event: K, listener: (...args: EngineEvents[K]) => void): () => void {
    const guarded = (...args: unknown[]): void => {
      try {
        listener(...(args as EngineEvents[K]))
      } catch (error) {
        process.emitWarning(error instanceof Error ? error : String(error), `MillraceListener(${event})`)
      }
    }
    this.#emitter.on(event, guarded)
    return () => this.#emitter.off(event, guarded)
  }

  isHeard(event: keyof EngineEvents): boolean {
    return this.#emitter.listenerCount(event) > 0
  }

  tell<K extends keyof EngineEvents>(event: K, ...args: EngineEvents[K]): void {
    this.#emitter.emit(event, ...args)
  }
}
