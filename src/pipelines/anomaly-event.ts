import { deviceOf, metricOf } from '../core/ids.ts'
import { TIERS, type Tier } from '../core/tiers.ts'
import * as L from '../memory/layout/lanes.layout.ts'
import { POSITION_ABSENT } from '../memory/layout/reading.layout.ts'
import type { SharedMemory } from '../memory/shared-memory.ts'
import type { Names } from './names.ts'

const PHASES = ['', 'raised', 'continuing', 'recovered'] as const

/** An anomaly event where it lies: a view that is moved from event to event. Don't keep it. */
export class AnomalyEvent {
  readonly #memory: SharedMemory
  readonly #names: Names
  #address = 0

  /** @internal */
  constructor(memory: SharedMemory, names: Names) {
    this.#memory = memory
    this.#names = names
  }

  /** @internal Engine: series and time of its reading. */
  get anchor(): string {
    return `${this.series.toString(16)}:${this.time}`
  }

  /** @internal Engine: shows the event at `address`. */
  at(address: number): this {
    this.#address = address
    return this
  }

  /** `raised` by the first anomalous reading, `continuing` by further ones, `recovered` when it is normal again. */
  get phase(): 'raised' | 'continuing' | 'recovered' {
    return PHASES[this.#memory.bytes[this.#address + L.EVENT_PHASE]] as 'raised' | 'continuing' | 'recovered'
  }

  /** Series key, `deviceId << 16 | metricId`. */
  get series(): bigint {
    return (BigInt(this.#u32(4)) << 32n) | BigInt(this.#u32(0))
  }

  get device(): number {
    return deviceOf(this.#u32(0), this.#u32(4))
  }

  get metric(): string {
    return this.#names.metric(metricOf(this.#u32(0)))
  }

  get time(): number {
    return this.#f64(L.EVENT_TIME)
  }

  get value(): number {
    return this.#f64(L.EVENT_VALUE)
  }

  /** Standard deviations from the running mean. */
  get score(): number {
    return this.#f64(L.EVENT_SCORE)
  }

  /** The running mean before this reading. */
  get mean(): number {
    return this.#memory.f32[(this.#address + L.EVENT_MEAN) >>> 2]
  }

  get deviation(): number {
    return this.#memory.f32[(this.#address + L.EVENT_DEVIATION) >>> 2]
  }

  get region(): string {
    return this.#names.region(this.#memory.bytes[this.#address + L.EVENT_REGION])
  }

  /** Tier of the device. */
  get tier(): Tier {
    return TIERS[this.#memory.bytes[this.#address + L.EVENT_TIER]]
  }

  /** Degrees, or NaN when the reading gave no position. */
  get lat(): number {
    return this.#degrees(L.EVENT_LAT)
  }

  get lon(): number {
    return this.#degrees(L.EVENT_LON)
  }

  /** Monotonic receive time, for latencies. */
  get receivedMs(): number {
    return this.#f64(L.EVENT_RECEIVED_MS)
  }

  #degrees(offset: number): number {
    const units = this.#memory.i32[(this.#address + offset) >>> 2]
    return units === POSITION_ABSENT ? NaN : units * 1e-7
  }

  #u32(offset: number): number {
    return this.#memory.u32[(this.#address + offset) >>> 2]
  }

  #f64(offset: number): number {
    return this.#memory.f64[(this.#address + offset) >>> 3]
  }
}
