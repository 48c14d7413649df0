import type { NameResolver } from '../../core/names.ts'
import type { RefusalReason } from '../../core/refusal.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { EmbeddedIntake, IngestResult } from './embedded-intake.ts'
import { checkReadings, type ReadingInput } from './reading-input.ts'
import { ReadingRoom } from './reading-writer.ts'

interface Known {
  readonly index: number
  readonly device: number
  readonly metric: number
  readonly reading: ReadingInput
}

interface Unknown {
  readonly index: number
  readonly reason: RefusalReason
}

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

  async #ingestFrame(readings: readonly ReadingInput[]): Promise<IngestResult> {
    const intake = this.#intake
    if (intake.refusesAll) return intake.refuseAll(readings.length, intake.reason)
    // before room is claimed: a new name may go into the same ring, to the journal
    const { known, unknown } = this.#resolve(readings)
    for (const { reason } of unknown) intake.refuse(1, reason)
    const routed = known.length > 0 ? await this.#hand(known) : NOTHING
    const refused = [
      ...routed.refused.map((place) => known[place].index),
      ...unknown.map(({ index }) => index),
    ]
    const reason = routed.reason === '' && unknown.length > 0 ? unknown[0].reason : routed.reason
    return { ...routed, reason, refused: refused.sort((a, b) => a - b) }
  }

  #resolve(readings: readonly ReadingInput[]): { known: Known[]; unknown: Unknown[] } {
    const known: Known[] = []
    const unknown: Unknown[] = []
    readings.forEach((reading, index) => {
      const device = this.#names.deviceId(reading.device)
      const metric = device === 0 ? 0 : this.#names.metricId(reading.metric)
      if (device === 0) unknown.push({ index, reason: 'unknown-device' })
      else if (metric === 0) unknown.push({ index, reason: 'unknown-metric' })
      else known.push({ index, device, metric, reading })
    })
    return { known, unknown }
  }

  #hand(known: readonly Known[]): Promise<IngestResult> {
    const intake = this.#intake
    return intake.claimSoon(known.length, (address) => {
      if (address === 0) return intake.refuseAll(known.length, intake.reason)
      const room = new ReadingRoom(this.#memory, intake, address, known.length)
      known.forEach(({ device, metric, reading: { value, time, lat, lon } }, place) =>
        room.set(place, device, metric, Number(value), time, lat, lon),
      )
      return room.commitAcknowledged()
    })
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
