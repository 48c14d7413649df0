import type { AlertBook } from '../alerts/alert-book.ts'
import type { Clock } from '../core/clock.ts'
import * as E from '../memory/layout/egress.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { EgressQueue } from '../memory/rings/egress-queue.ts'
import { EgressReader } from '../memory/rings/egress-ring.ts'
import type { DeadLetters } from '../observability/dead-letters.ts'
import type { LatencyRecorder } from '../observability/latency.ts'
import { AnomalyEvent } from '../pipelines/anomaly-event.ts'
import type { DeadLetterMessage } from '../pipelines/lane-pipeline.ts'
import type { AlertMessage, EmitMessage } from '../pipelines/pipeline-context.ts'
import type { Names } from '../pipelines/names.ts'
import type { Foundation } from './foundation.ts'

export interface EgressDeskParts {
  readonly foundation: Foundation
  readonly names: Names
  readonly alerts: AlertBook
  readonly deadLetters: DeadLetters
  readonly anomalyLatency: LatencyRecorder
  readonly clock: Clock
  readonly describe: (series: bigint) => { device: string; metric: string }
  readonly onEmit: (message: EmitMessage) => void
}

/** The rule of the built-in pipeline. */
export const ANOMALY_RULE = 'anomaly'

const decoder = new TextDecoder()

/** Takes in what the workers send out: anomalies and alerts into the book, data to the embedding program. */
export class EgressDesk {
  readonly #parts: EgressDeskParts
  readonly #queue: EgressQueue
  readonly #event: AnomalyEvent

  constructor(parts: EgressDeskParts) {
    const { memory, plan } = parts.foundation
    this.#parts = parts
    this.#event = new AnomalyEvent(memory, parts.names)
    const readers = Array.from(
      { length: plan.needs.workers },
      (_, worker) => new EgressReader(memory, placeOf.egress(plan, worker)),
    )
    this.#queue = new EgressQueue(readers, parts.clock)
  }

  drain(): void {
    this.#queue.drain(this.#visit)
  }

  /** The same when a worker has died, which may have left a ticket without a message. */
  drainAfterDeath(): void {
    this.#queue.drain(this.#visit, true)
  }

  readonly #visit = (kind: number, address: number, bytes: number): void => {
    if (kind === E.EGRESS_ANOMALY) return this.#anomaly(address)
    const message = this.#json(address, bytes)
    if (kind === E.EGRESS_ALERT) this.#alert(message as AlertMessage)
    else if (kind === E.EGRESS_EMIT) this.#parts.onEmit(message as EmitMessage)
    else if (kind === E.EGRESS_DEAD_LETTER) this.#deadLetter(message as DeadLetterMessage)
  }

  #anomaly(address: number): void {
    const { alerts, clock, anomalyLatency } = this.#parts
    const event = this.#event.at(address)
    const { series, time, value, score } = event
    if (event.phase === 'recovered') alerts.clear({ rule: ANOMALY_RULE, series, time, value, score })
    else {
      const message = `${value} is ${Math.abs(score).toFixed(1)} standard deviations ${score > 0 ? 'above' : 'below'} the mean ${event.mean.toPrecision(6)}`
      const severity = event.tier === 'critical' ? 'critical' : 'high'
      alerts.raise({
        rule: ANOMALY_RULE,
        series,
        region: event.region,
        severity,
        message,
        time,
        value,
        score,
      })
    }
    anomalyLatency.record(clock.nowMs() - event.receivedMs, 1)
  }

  #alert({ rule, clear, message, severity, series, time, value, score, region }: AlertMessage): void {
    const { alerts } = this.#parts
    if (clear) alerts.clear({ rule, series: BigInt(series), time, value, score })
    else alerts.raise({ rule, series: BigInt(series), region, severity, message, time, value, score })
  }

  #deadLetter({ pipeline, cause, series, time, value }: DeadLetterMessage): void {
    const reading = { ...this.#parts.describe(BigInt(series)), series, time, value }
    this.#parts.deadLetters.add(reading, cause, pipeline)
  }

  #json(address: number, bytes: number): unknown {
    return JSON.parse(decoder.decode(this.#parts.foundation.memory.bytes.slice(address, address + bytes)))
  }
}
