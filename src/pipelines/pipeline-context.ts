import { areLabels, LABELS_ALLOWED, type Severity } from '../core/alert.ts'
import { deviceIdOf } from '../core/ids.ts'
import { EGRESS_ALERT, EGRESS_EMIT } from '../memory/layout/egress.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import { MAX_EGRESS_BYTES } from '../memory/rings/egress-ring.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'

/** What user code says of an alert; series, time and value are those of the current reading or event. */
export interface AlertRequest {
  readonly rule: string
  readonly message: string
  readonly severity?: Severity
  /** What silences and receivers can match on besides rule, device and so on. */
  readonly labels?: Readonly<Record<string, string>>
  /** It is pending until it has been asked for this long, by the readings' time or by the clock. */
  readonly forMs?: number
}

/** The reading or event that user code looks at. */
export interface Subject {
  /** Which reading it is (of a batch that is not at one, the last one). */
  readonly anchor: string
  readonly series: bigint
  readonly time: number
  readonly value: number
  readonly score: number
  readonly region: string
}

/** As it travels to the main thread, in JSON. */
export interface AlertMessage {
  readonly rule: string
  readonly clear: boolean
  readonly message: string
  readonly severity: Severity
  readonly labels?: Readonly<Record<string, string>>
  readonly forMs?: number
  readonly series: string
  readonly time: number
  readonly value: number
  readonly score: number
  readonly region: string
}

export interface EmitMessage {
  /**
   * The same when the same reading leads to the same data again, as it may after a crash: receivers can drop repeats.
   */
  readonly id: string
  readonly topic: string
  readonly data: unknown
}

interface Outgoing {
  readonly kind: number
  readonly payload: Uint8Array
}

const SEVERITIES = ['low', 'medium', 'high', 'critical']
const encoder = new TextEncoder()

/**
 * What a pipeline can do besides computing. What it says is held back until its function has returned, so that a batch
 * that fails half-way says nothing and is not heard twice when it is tried again.
 */
export class PipelineContext {
  readonly #states: readonly Float64Array[]
  readonly #outgoing: Outgoing[] = []
  #subject: Subject | undefined
  #shard = 0
  #emittedFor = ''
  #emitted = 0

  /** @internal */
  constructor(memory: SharedMemory, plan: MemoryPlan) {
    const size = plan.needs.shardStateBytes
    this.#states = Array.from(
      { length: SHARD_COUNT },
      (_, shard) => new Float64Array(memory.memory.buffer, plan.at.shardState + shard * size, size / 8),
    )
  }

  /** The shard whose readings are shown, 0 … 63. A device is always in the same shard. */
  get shard(): number {
    return this.#shard
  }

  /**
   * `stateSize` numbers that belong to the shard, zero at first. They lie in shared memory: another worker that takes
   * the shard over, or replaces this one after a crash, finds them as they are.
   */
  get state(): Float64Array {
    return this.#states[this.#shard]
  }

  /** Raises an alert for the current series, or updates the one that is open for (series, rule). */
  alert({ rule, message, severity = 'medium', labels = {}, forMs = 0 }: AlertRequest): void {
    if (typeof rule !== 'string' || rule === '')
      throw new TypeError('alert: rule must be a string that is not empty')
    if (!SEVERITIES.includes(severity))
      throw new TypeError(`alert: severity must be one of ${SEVERITIES.join(', ')}`)
    if (!areLabels(labels)) throw new TypeError(`alert: labels must be ${LABELS_ALLOWED}`)
    if (!Number.isFinite(forMs) || forMs < 0) throw new TypeError('alert: forMs must be 0 or more')
    const alert = this.#alertMessage(rule, false, String(message), severity)
    this.#say(EGRESS_ALERT, { ...alert, labels, forMs } satisfies AlertMessage)
  }

  /** Clears the current series' alert of the rule, if one is open. */
  clear(rule: string): void {
    this.#say(EGRESS_ALERT, this.#alertMessage(rule, true, '', 'low'))
  }

  /** Sends data (anything JSON can hold) to `engine.on('emit')`. */
  emit(topic: string, data: unknown): void {
    const id = this.#emitId(String(topic), data)
    this.#say(EGRESS_EMIT, { id, topic: String(topic), data } satisfies EmitMessage)
  }

  /** @internal Engine: the next calls are about this shard and subject; what is left unsaid is forgotten. */
  begin(shard: number, subject: Subject): void {
    this.#shard = shard
    this.#subject = subject
    this.#emittedFor = ''
    this.#outgoing.length = 0
  }

  /** @internal Engine: what was said has been sent, or must not be. */
  forget(): void {
    this.#outgoing.length = 0
  }

  /** @internal Engine: what was said since `begin`. */
  outgoing(): readonly Outgoing[] {
    return this.#outgoing
  }

  /** Reading, number among what it led to, hash of the content. */
  #emitId(topic: string, data: unknown): string {
    const subject = this.#subject
    const reading = subject?.anchor ?? ''
    this.#emitted = reading === this.#emittedFor ? this.#emitted + 1 : 0
    this.#emittedFor = reading
    return `${reading}:${this.#emitted}:${deviceIdOf(`${topic} ${JSON.stringify(data)}`).toString(16)}`
  }

  #alertMessage(
    rule: string,
    clear: boolean,
    message: string,
    severity: AlertMessage['severity'],
  ): AlertMessage {
    const subject = this.#subject
    if (subject === undefined) throw new Error('alert: only while readings or an event are shown')
    const { time, value, score, region } = subject
    return { rule, clear, message, severity, series: String(subject.series), time, value, score, region }
  }

  #say(kind: number, message: object): void {
    const payload = encoder.encode(JSON.stringify(message))
    if (payload.length > MAX_EGRESS_BYTES)
      throw new RangeError(`at most ${MAX_EGRESS_BYTES} bytes at once, not ${payload.length}`)
    this.#outgoing.push({ kind, payload })
  }
}
