import type { LaneProcessor } from '../core/lane-processor.ts'
import type { Doorbell } from '../memory/agents/signals.ts'
import { EGRESS_ANOMALY, EGRESS_DEAD_LETTER } from '../memory/layout/egress.layout.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { SHARD_COUNT } from '../memory/layout/series.layout.ts'
import type { MemoryPlan } from '../memory/memory-plan.ts'
import type { EgressWriter } from '../memory/rings/egress-ring.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import { AnomalyEvent } from './anomaly-event.ts'
import type { LaneStreams } from './lane-streams.ts'
import type { Names } from './names.ts'
import { PipelineContext } from './pipeline-context.ts'
import type { PipelineModule } from './pipeline-module.ts'
import { ReadingBatch } from './reading-batch.ts'

const ROOM_WAIT_MS = 5

export interface LanePipelineParts {
  readonly memory: SharedMemory
  readonly plan: MemoryPlan
  readonly names: Names
  readonly egress: EgressWriter
  readonly doorbell: Doorbell
  /** Undefined: the built-in pipeline alone. */
  readonly module: PipelineModule | undefined
  /** Undefined: there are no pipelines besides. */
  readonly streams?: LaneStreams | undefined
}

/** A reading that was given up, as it travels to the main thread in JSON. */
export interface DeadLetterMessage {
  readonly pipeline: string
  readonly cause: string
  readonly series: string
  readonly time: number
  readonly value: number
}

const encoder = new TextEncoder()

/** Runs the built-in and the user's pipeline over the entries of a lane, and sends on what they say. */
export class LanePipeline implements LaneProcessor {
  readonly #parts: LanePipelineParts
  readonly #batch: ReadingBatch
  /** For what is not the user's business. */
  readonly #single: ReadingBatch
  readonly #event: AnomalyEvent
  readonly #context: PipelineContext

  constructor(parts: LanePipelineParts) {
    const { memory, plan, names, module } = parts
    this.#parts = parts
    this.#batch = new ReadingBatch(memory, plan, names, module?.metrics)
    this.#single = new ReadingBatch(memory, plan, names, undefined)
    this.#event = new AnomalyEvent(memory, names)
    this.#context = new PipelineContext(memory, plan)
  }

  get seesReadings(): boolean {
    return this.#parts.module?.onReadings !== undefined || this.#parts.streams !== undefined
  }

  readings(lane: number, address: number, count: number): void {
    const { module, streams } = this.#parts
    if (module?.onReadings !== undefined) {
      this.#batch.open(lane, address, count)
      this.#context.begin(this.#shardOf(lane), this.#batch)
      module.onReadings(this.#batch, this.#context)
    }
    streams?.readings(lane, address, count)
  }

  isDue(shard: number): boolean {
    return this.#parts.streams?.isDue(shard) === true
  }

  look(shard: number): void {
    this.#parts.streams?.look(shard)
  }

  reportEvent(address: number): void {
    const { memory } = this.#parts
    this.#send(EGRESS_ANOMALY, memory.bytes.subarray(address, address + L.EVENT_BYTES))
    this.#parts.doorbell.ring()
  }

  event(lane: number, address: number): void {
    const { module } = this.#parts
    if (module?.onAnomaly === undefined) return
    const event = this.#event.at(address)
    this.#context.begin(this.#shardOf(lane), event)
    module.onAnomaly(event, this.#context)
    this.flush()
  }

  flush(): void {
    const outgoing = this.#context.outgoing()
    if (outgoing.length === 0) return
    for (const { kind, payload } of outgoing) this.#send(kind, payload)
    this.#context.forget()
    this.#parts.doorbell.ring()
  }

  end(): void {
    this.#parts.streams?.end()
  }

  deadLetter(lane: number, address: number, isEvent: boolean, error: unknown, by?: string): void {
    this.#context.forget()
    const subject = isEvent ? this.#event.at(address) : this.#readingAt(lane, address)
    const { series, time, value } = subject
    const cause = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    const pipeline = by ?? this.#parts.module?.name ?? 'built-in'
    const message: DeadLetterMessage = {
      pipeline,
      cause: cause.slice(0, 1024),
      series: String(series),
      time,
      value,
    }
    this.#send(EGRESS_DEAD_LETTER, encoder.encode(JSON.stringify(message)))
    this.#parts.doorbell.ring()
  }

  #readingAt(lane: number, address: number): ReadingBatch {
    this.#single.open(lane, address, 1)
    this.#single.next()
    return this.#single
  }

  #send(kind: number, payload: Uint8Array): void {
    sendAll(this.#parts.egress, this.#parts.doorbell, kind, payload)
  }

  #shardOf(lane: number): number {
    return ((lane - this.#parts.plan.at.lanes) >>> L.LANE_SHIFT) & (SHARD_COUNT - 1)
  }
}

/** Sends a message, however long it takes: the main thread always reads on, so room comes. */
export function sendAll(egress: EgressWriter, doorbell: Doorbell, kind: number, payload: Uint8Array): void {
  while (!egress.offer(kind, payload)) {
    doorbell.ring()
    egress.awaitRoom(ROOM_WAIT_MS)
  }
}
