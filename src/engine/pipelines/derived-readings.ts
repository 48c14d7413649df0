import { MillraceError } from '../../core/errors.ts'
import type { DerivedReading, PipelineDeadLetter } from '../../pipelines/definition/outside.ts'
import type { IngestResult } from '../embedding/embedded-intake.ts'
import type { ReadingInput } from '../embedding/reading-input.ts'

export interface DerivedReadingsParts {
  readonly ingest: (readings: readonly ReadingInput[]) => Promise<IngestResult>
  /** Of a reading that was not taken. */
  readonly onRefused: (pipeline: string, reading: DerivedReading, reason: string) => void
}

/** Together in one frame at most. */
const BATCH = 1000
/** Waiting for one frame to be answered, more than this are not kept. */
const MAX_WAITING = 100_000

interface Waiting {
  readonly pipeline: string
  readonly reading: DerivedReading
}

/** Readings that pipelines make, on their way back in: a frame at a time, each of what has come together meanwhile. */
export class DerivedReadings {
  readonly #parts: DerivedReadingsParts
  #waiting: Waiting[] = []
  #isSending = false

  constructor(parts: DerivedReadingsParts) {
    this.#parts = parts
  }

  add(pipeline: string, reading: DerivedReading): void {
    if (this.#waiting.length >= MAX_WAITING) return this.#parts.onRefused(pipeline, reading, 'overload')
    this.#waiting.push({ pipeline, reading })
    if (!this.#isSending) void this.#send()
  }

  async #send(): Promise<void> {
    this.#isSending = true
    // what comes in the same turn goes together
    await Promise.resolve()
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH)
      const named = batch.filter(({ reading }) => typeof reading.device === 'string')
      for (const one of batch) if (!named.includes(one)) this.#refuse(one, 'the device has no name')
      await this.#sendAll(named)
    }
    this.#isSending = false
  }

  async #sendAll(batch: readonly Waiting[]): Promise<void> {
    const inputs = batch.map(({ reading: { device, metric, time, value } }) => ({
      ...{ device: String(device), metric, time, value },
    }))
    try {
      const { refused, reason } = await this.#parts.ingest(inputs)
      for (const index of refused) this.#refuse(batch[index], reason)
    } catch (error) {
      if (!(error instanceof MillraceError)) throw error
      for (const one of batch) this.#refuse(one, error.message)
    }
  }

  #refuse({ pipeline, reading }: Waiting, reason: string): void {
    this.#parts.onRefused(pipeline, reading, reason)
  }
}

/** As it is kept where somebody may look at it. */
export const refusedReading = (reading: DerivedReading, reason: string): PipelineDeadLetter => ({
  node: reading.node,
  cause: `${reading.metric} was refused: ${reason}`,
  item: reading,
  origin: { id: reading.id, time: reading.time, device: 0, metric: 0, region: 0, tier: 0 },
})
