import type { NameResolver } from '../../core/names.ts'
import type { RefusalReason } from '../../core/refusal.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { EmbeddedIntake, IngestResult } from './embedded-intake.ts'
import { checkReadings, type ReadingInput } from './reading-input.ts'
import { ReadingRoom } from './reading-writer.ts'

/** Readings per frame: enough to spread the cost of a frame, small enough not to hold others up. */
const FRAME_READINGS = 4096

/** Turns arrays of objects into frames of the embedding program's ring. */
export class ReadingPacker {
  readonly #memory: SharedMemory
  readonly #intake: EmbeddedIntake
  readonly #names: NameResolver
  readonly #frameReadings: number

  constructor(memory: SharedMemory, intake: EmbeddedIntake, names: NameResolver, maxReadings: number) {
    this.#memory = memory
    this.#intake = intake
    this.#names = names
    this.#frameReadings = Math.min(FRAME_READINGS, maxReadings)
  }

  async ingest(readings: readonly ReadingInput[]): Promise<IngestResult> {
    checkReadings(readings)
    const results: { first: number; result: IngestResult }[] = []
    for (let first = 0; first < readings.length; first += this.#frameReadings) {
      results.push({
        first,
        result: await this.#ingestFrame(readings.slice(first, first + this.#frameReadings)),
      })
    }
    return merge(results)
  }

  #ingestFrame(readings: readonly ReadingInput[]): Promise<IngestResult> {
    const intake = this.#intake
    return intake.claimSoon(readings.length, (address) =>
      address === 0 ? intake.refuseAll(readings.length, intake.reason) : this.#fill(address, readings),
    )
  }

  async #fill(address: number, readings: readonly ReadingInput[]): Promise<IngestResult> {
    const room = new ReadingRoom(this.#memory, this.#intake, address, readings.length)
    const places: number[] = []
    const unknown: { index: number; reason: RefusalReason }[] = []
    readings.forEach((reading, index) => {
      const device = this.#names.deviceId(reading.device)
      const metric = device === 0 ? 0 : this.#names.metricId(reading.metric)
      if (device === 0) unknown.push({ index, reason: 'unknown-device' })
      else if (metric === 0) unknown.push({ index, reason: 'unknown-metric' })
      else {
        const { value, time, lat, lon } = reading
        room.set(places.length, device, metric, Number(value), time, lat, lon)
        places.push(index)
      }
    })
    for (const { reason } of unknown) this.#intake.refuse(1, reason)
    const routed = places.length > 0 ? await room.commitAcknowledged(places.length) : NOTHING
    const refused = [...routed.refused.map((place) => places[place]), ...unknown.map(({ index }) => index)]
    const reason = routed.reason === '' && unknown.length > 0 ? unknown[0].reason : routed.reason
    return { ...routed, reason, refused: refused.sort((a, b) => a - b) }
  }
}

const NOTHING: IngestResult = { accepted: 0, refused: [], reason: '', retryable: false }

function merge(results: readonly { first: number; result: IngestResult }[]): IngestResult {
  return results.reduce<IngestResult>(
    (total, { first, result }) => ({
      accepted: total.accepted + result.accepted,
      refused: [...total.refused, ...result.refused.map((index) => first + index)],
      reason: total.reason === '' ? result.reason : total.reason,
      retryable: total.retryable || result.retryable,
    }),
    NOTHING,
  )
}
