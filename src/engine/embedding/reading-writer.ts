import { seriesHigh, seriesLow } from '../../core/ids.ts'
import * as R from '../../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../../memory/shared-memory.ts'
import type { EmbeddedIntake, IngestResult } from './embedded-intake.ts'

const UNITS_PER_DEGREE = 1e7

/**
 * Readings straight into the ring, for programs that have columns or binary frames: claim room, fill it, commit. One
 * claim at a time; a claim that isn't committed is given up by the next, and with `durability: journal` also when a device or
 * metric is registered or an alert told meanwhile: so fill and commit it at once, without awaiting anything.
 *
 * @example
 * const room = writer.claim(1000)           // undefined: full, try again later
 * if (room) {
 *   for (let i = 0; i < 1000; i++) room.set(i, ids[i], 1, values[i], times[i])
 *   room.commit()
 * }
 */
export class ReadingWriter {
  readonly #memory: SharedMemory
  readonly #intake: EmbeddedIntake
  readonly #maxReadings: number

  /** @internal */
  constructor(memory: SharedMemory, intake: EmbeddedIntake, maxReadings: number) {
    this.#memory = memory
    this.#intake = intake
    this.#maxReadings = maxReadings
  }

  /** Most readings of one claim. */
  get maxReadings(): number {
    return this.#maxReadings
  }

  /** Room for `count` readings, or undefined when there is none now. Throws RangeError beyond `maxReadings`. */
  claim(count: number): ReadingRoom | undefined {
    if (!Number.isInteger(count) || count < 1 || count > this.#maxReadings)
      throw new RangeError(`claim: ${count} is not allowed; allowed: 1 to ${this.#maxReadings}`)
    const address = this.#intake.claim(count)
    return address === 0 ? undefined : new ReadingRoom(this.#memory, this.#intake, address, count)
  }
}

/** Claimed room; valid until it is committed or given up, see `ReadingWriter`. */
export class ReadingRoom {
  /** The readings' bytes, 32 each, as on the wire (see the wire protocol): for whole frames that exist already. */
  readonly bytes: Uint8Array
  readonly #memory: SharedMemory
  readonly #intake: EmbeddedIntake
  readonly #address: number
  readonly #count: number
  readonly #claim: number

  /** @internal */
  constructor(memory: SharedMemory, intake: EmbeddedIntake, address: number, count: number) {
    this.#memory = memory
    this.#intake = intake
    this.#address = address
    this.#count = count
    this.#claim = intake.openClaim
    this.bytes = memory.bytes.subarray(address, address + count * R.READING_BYTES)
  }

  /**
   * Writes the reading at `index`. `time` 0 = arrival time; `lat`, `lon` in degrees, NaN = not given. Throws RangeError
   * beyond the claim, and Error when the room is no longer this one's.
   */
  set(
    index: number,
    deviceId: number,
    metricId: number,
    value: number,
    time = 0,
    lat = NaN,
    lon = NaN,
  ): void {
    if (!(index >= 0 && index < this.#count))
      throw new RangeError(`set: ${index} is not allowed; allowed: 0 to ${this.#count - 1}`)
    if (this.#intake.openClaim !== this.#claim) this.#lost('set')
    const at = this.#address + index * R.READING_BYTES
    const word = at >>> 2
    const { u32, i32, f64 } = this.#memory
    u32[word] = seriesLow(deviceId, metricId)
    u32[word + 1] = seriesHigh(deviceId)
    f64[(at + R.READING_TIME) >>> 3] = time
    f64[(at + R.READING_VALUE) >>> 3] = value
    i32[word + R.READING_LAT / 4] = units(lat)
    i32[word + R.READING_LON / 4] = units(lon)
  }

  /** Hands the first `count` readings over. Readings that are then refused or malformed are counted in `stats()`. */
  commit(count = this.#count): void {
    this.#checkCommit(count)
    this.#intake.commit(count)
  }

  /** The same; resolves when the readings have been routed, with what became of them. */
  commitAcknowledged(count = this.#count): Promise<IngestResult> {
    this.#checkCommit(count)
    return this.#intake.commitAcknowledged(count)
  }

  #checkCommit(count: number): void {
    if (!Number.isInteger(count) || count < 1 || count > this.#count)
      throw new RangeError(`commit: ${count} is not allowed; allowed: 1 to ${this.#count}`)
    if (this.#intake.openClaim !== this.#claim) this.#lost('commit')
  }

  #lost(what: string): never {
    throw new Error(
      `${what}: the room has been committed, or given up for a later claim or a note to the journal`,
    )
  }
}

/** A position out of range stays out of range, so that it is found malformed. */
const units = (degrees: number): number =>
  Number.isNaN(degrees)
    ? R.POSITION_ABSENT
    : Math.max(-2147483647, Math.min(2147483647, Math.round(degrees * UNITS_PER_DEGREE)))
