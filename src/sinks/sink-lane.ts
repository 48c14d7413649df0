/** One sink of a pipeline with what it needs around it: its queue, its delivery, its figures. */
import type { Clock } from '../core/clock.ts'
import { isDoneWithin } from '../core/patience.ts'
import type { Random } from '../core/random.ts'
import type { SinkStats } from '../core/stats.ts'
import type { StagePolicy } from '../pipelines/definition/definition.ts'
import type { Origin } from '../pipelines/definition/outside.ts'
import { SinkQueue } from './buffer/sink-queue.ts'
import type { Spill } from './buffer/spill.ts'
import { Delivery } from './delivery.ts'
import { type OriginNames, recordOf, type SinkRecord } from './record.ts'
import type { Sink, SinkPlace } from './sink.ts'
import type { CheckedSink } from './sink-kinds.ts'

/** A sink that hangs doesn't keep the engine from ending. */
const LAST_WORDS_MS = 2000

export interface SinkLaneParts {
  readonly place: SinkPlace
  readonly checked: CheckedSink
  readonly sink: Sink
  readonly spill: Spill | undefined
  readonly policy: StagePolicy
  readonly names: OriginNames
  readonly clock: Clock
  readonly random: Random
  readonly onGivenUp: (record: SinkRecord, cause: string) => void
}

export class SinkLane {
  readonly place: SinkPlace
  readonly #parts: SinkLaneParts
  readonly #queue: SinkQueue
  readonly #delivery: Delivery
  #unwritable = 0
  #closing: Promise<void> | undefined

  constructor(parts: SinkLaneParts) {
    const { checked, sink, spill, policy, clock, random, onGivenUp } = parts
    this.#parts = parts
    this.place = parts.place
    this.#queue = new SinkQueue({
      options: checked.buffer,
      spill,
      clock,
      onReady: () => this.#delivery.wake(),
      onFault: (error) => this.#delivery.note(error),
    })
    const { shape } = checked
    this.#delivery = new Delivery({ sink, queue: this.#queue, shape, policy, clock, random, onGivenUp })
  }

  take(item: unknown, origin: Origin): void {
    const record = recordOf(this.place, item, origin, this.#parts.names)
    if (record === undefined) this.#unwritable++
    else this.#queue.offer(record)
  }

  stats(): SinkStats {
    const { checked, sink, place } = this.#parts
    const { waiting, dropped, spilled, spillBytes, damagedSegments } = this.#queue
    return {
      ...place,
      type: checked.type,
      ...this.#delivery.figures,
      ...{ waiting, dropped, spilled, spillBytes, damagedSegments },
      unwritable: this.#unwritable,
      own: sink.figures(),
    }
  }

  /** Resolves when what was taken so far is handed on, on disk, or counted as lost; rejects if the disk fails. */
  park(): Promise<void> {
    return this.#queue.park()
  }

  /** Hands on what waits for up to `limitMs`, keeps the rest on disk (or counts it as dropped), and ends. */
  close(limitMs: number): Promise<void> {
    this.#closing ??= this.#close(limitMs)
    return this.#closing
  }

  async #close(limitMs: number): Promise<void> {
    const { clock, sink } = this.#parts
    await this.#delivery.drain(limitMs)
    this.#delivery.stop()
    await this.#queue.close()
    try {
      if (await isDoneWithin(clock, LAST_WORDS_MS, sink.close())) return
      this.#delivery.note(new Error(`not closed within ${LAST_WORDS_MS} ms`))
    } catch (error) {
      this.#delivery.note(error)
    }
  }
}
