import type { AlertBook } from '../alerts/alert-book.ts'
import type { Clear, Raise } from '../alerts/alert-values.ts'
import type { Clock } from '../core/clock.ts'
import * as E from '../memory/layout/egress.layout.ts'
import { placeOf } from '../memory/memory-plan.ts'
import { type DrainOptions, EgressQueue } from '../memory/rings/egress-queue.ts'
import { EgressReader } from '../memory/rings/egress-ring.ts'
import type { DeadLetters } from '../observability/dead-letters.ts'
import { AnomalyEvent } from '../pipelines/anomaly-event.ts'
import type { DeadLetterMessage } from '../pipelines/lane-pipeline.ts'
import type { AlertMessage, EmitMessage } from '../pipelines/pipeline-context.ts'
import type { StreamMessage } from '../pipelines/stream-messages.ts'
import type { Names } from '../pipelines/names.ts'
import type { AlertLog } from './durability/alert-log.ts'
import type { Externalizer } from './durability/externalizer.ts'
import type { Foundation } from './foundation.ts'

export interface EgressDeskParts {
  readonly foundation: Foundation
  readonly names: Names
  readonly alerts: AlertBook
  readonly deadLetters: DeadLetters
  readonly alertLog: AlertLog
  readonly externalizer: Externalizer
  readonly clock: Clock
  /** Takes an anomaly down as it lies; returns what is to be done about it when it is safe. */
  readonly noted: (event: AnomalyEvent, ticket: number) => () => void
  /** An anomaly has been taken in; its reading was received then. */
  readonly onAnomaly: (receivedMs: number) => void
  readonly describe: (series: bigint) => { device: string; metric: string }
  readonly onEmit: (message: EmitMessage) => void
  /** Told of what pipelines say, with the ticket of the message. */
  readonly onStream: (message: StreamMessage, ticket: number) => void
}

/** The rule of the built-in pipeline. */
export const ANOMALY_RULE = 'anomaly'

/** What a turn takes of the main thread's time, about. */
const TURN_MS = 5
const ASKED_PER_LOOK = 8
const ALWAYS = (): boolean => true

const decoder = new TextDecoder()

/** Takes in what the workers send out: anomalies and alerts into the book, data to the embedding program. */
export class EgressDesk {
  readonly #parts: EgressDeskParts
  readonly #queue: EgressQueue
  readonly #event: AnomalyEvent
  #isTaking = false

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

  /** Does nothing while a message is being taken in: whoever hears of it may ask for the engine's figures. */
  drain(): void {
    this.#take({})
  }

  /**
   * The same for a turn of the event loop, so that in a cascade others have theirs, too: false when there is more that
   * could be taken in at once.
   */
  drainForATurn(): boolean {
    return this.#take({ mayGoOn: this.#turn() })
  }

  /** All messages with lower tickets have been taken in, though what they say may be held back still. */
  get nextTicket(): number {
    return this.#queue.nextTicket
  }

  /** The same as `drain` when a worker has died, which may have left a ticket without a message. */
  drainAfterDeath(): void {
    this.#take({ passGaps: true })
  }

  #take({ passGaps = false, mayGoOn = ALWAYS }: DrainOptions): boolean {
    if (this.#isTaking) return true
    this.#isTaking = true
    try {
      const isDrained = this.#queue.drain(this.#visit, { passGaps, mayGoOn })
      return this.#parts.externalizer.release(mayGoOn) && isDrained
    } finally {
      this.#isTaking = false
    }
  }

  /** Whether the turn goes on: the clock is looked at now and then. */
  #turn(): () => boolean {
    const { clock } = this.#parts
    const untilMs = clock.nowMs() + TURN_MS
    let asked = 0
    return () => ++asked % ASKED_PER_LOOK !== 0 || clock.nowMs() < untilMs
  }

  readonly #visit = (kind: number, address: number, bytes: number): void => {
    if (kind === E.EGRESS_ANOMALY) return this.#anomaly(address)
    const message = this.#json(address, bytes)
    if (kind === E.EGRESS_ALERT) this.#alert(message as AlertMessage)
    else if (kind === E.EGRESS_EMIT)
      this.#parts.externalizer.whenSafe(() => this.#parts.onEmit(message as EmitMessage))
    else if (kind === E.EGRESS_STREAM) this.#stream(message as StreamMessage)
    else if (kind === E.EGRESS_DEAD_LETTER) this.#deadLetter(message as DeadLetterMessage)
  }

  #anomaly(address: number): void {
    const event = this.#event.at(address)
    const { series, time, value, score, receivedMs } = event
    const correlate = this.#parts.noted(event, this.#queue.ticket)
    const change: () => void =
      event.phase === 'recovered'
        ? this.#clearing({ rule: ANOMALY_RULE, series, time, value, score })
        : this.#raising(raiseOf(event))
    this.#parts.externalizer.whenSafe(() => {
      correlate()
      change()
      this.#parts.onAnomaly(receivedMs)
    })
  }

  #alert(alert: AlertMessage): void {
    const { rule, clear, message, severity, time, value, score, region, labels = {}, forMs = 0 } = alert
    const key = BigInt(alert.series)
    const change = clear
      ? this.#clearing({ rule, series: key, time, value, score })
      : this.#raising({ rule, series: key, region, severity, message, time, value, score, labels, forMs })
    this.#parts.externalizer.whenSafe(change)
  }

  #stream(message: StreamMessage): void {
    const { ticket } = this.#queue
    this.#parts.externalizer.whenSafe(() => this.#parts.onStream(message, ticket))
  }

  #raising(raise: Raise): () => void {
    const { alerts, alertLog } = this.#parts
    const { ticket } = this.#queue
    return () => {
      const alert = alerts.raise(raise)
      if (alert !== undefined) alertLog.note(ticket, alert)
    }
  }

  #clearing(clear: Clear): () => void {
    const { alerts, alertLog } = this.#parts
    const { ticket } = this.#queue
    return () => {
      const alert = alerts.clear(clear)
      if (alert !== undefined) alertLog.note(ticket, alert)
    }
  }

  #deadLetter({ pipeline, cause, series, time, value }: DeadLetterMessage): void {
    const reading = { ...this.#parts.describe(BigInt(series)), series, time, value }
    this.#parts.deadLetters.add(reading, cause, pipeline)
  }

  #json(address: number, bytes: number): unknown {
    return JSON.parse(decoder.decode(this.#parts.foundation.memory.bytes.slice(address, address + bytes)))
  }
}

function raiseOf({ series, time, value, score, mean, deviation, tier, region }: AnomalyEvent): Raise {
  const side = score > 0 ? 'above' : 'below'
  const message = `${value} is ${Math.abs(score).toFixed(1)} standard deviations ${side} the mean ${mean.toPrecision(6)}`
  const severity = tier === 'critical' ? 'critical' : 'high'
  return { rule: ANOMALY_RULE, series, region, severity, message, time, value, score, mean, deviation }
}
