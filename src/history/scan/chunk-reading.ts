import { deviceIdOf } from '../../core/ids.ts'
import { METRIC_IDS } from '../../core/limits.ts'
import { MAX_NAME_LENGTH } from '../../core/names.ts'
import { type Tier, tierIndex } from '../../core/tiers.ts'
import {
  READING_BYTES,
  READING_LAT,
  READING_LON,
  READING_TIME,
  READING_VALUE,
} from '../../memory/layout/reading.layout.ts'
import type { DeviceList } from '../device-list.ts'
import { ByteNames } from './byte-names.ts'
import { DeviceNumbers } from './device-numbers.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import { type Blocks, kindOf, POSITION_ABSENT, ShareBlocks, UNITS_PER_DEGREE } from './share-blocks.ts'
import { shardOfDevice } from './shard-of-device.ts'
import { Words } from './words.ts'

/** A part of the input that was not understood. Lines count from the chunk's first one, 0. */
export interface Fault {
  readonly line: number
  readonly message: string
}

/** What one thread has read from one chunk of the input, in parts for the threads that have the shards. */
export interface ScannedChunk {
  readonly parts: readonly Blocks[]
  readonly lines: number
  readonly readings: number
  /** The latest event time in it; −Infinity = no reading. */
  readonly latest: number
  /** The first few. */
  readonly faults: readonly Fault[]
  readonly faultCount: number
  /** New to this thread, numbered on from what it told before. */
  readonly metrics: readonly string[]
  readonly regions: readonly string[]
  /** Ids of devices, likewise. */
  readonly deviceIds: Float64Array
  /** Names of devices, where the input has them. */
  readonly devices: readonly { readonly id: number; readonly name: string }[]
}

export interface ScanOptions {
  /** Threads that the shards are shared out to: shard s belongs to thread s mod `shares`. */
  readonly shares: number
  readonly devices: DeviceList
  readonly defaultTier: Tier
  /** Readings with a later event time are faults: one of them would make all others late. */
  readonly untilMs: number
  /** Only readings from `fromMs` up to and without `toMs`. */
  readonly fromMs: number
  readonly toMs: number
}

/** The same memory, word by word. */
export interface FrameBytes {
  readonly u32: Uint32Array
  readonly i32: Int32Array
  readonly f64: Float64Array
}

export const ROW_VALUE = 0
export const ROW_TIME = 1
/** Degrees, NaN = no position. */
export const ROW_LAT = 2
export const ROW_LON = 3

export const MAX_FAULTS = 20
/** Memory that is kept for chunks to come. */
const MAX_SPARE = 8
/** Region: not given, what is known of the device counts. */
export const NO_REGION = 255
export const NO_TIER = 255
/** Of a Date. */
const LAST_TIME = 8.64e15
const UNASSIGNED = 'unassigned'
const READING_WORDS = READING_BYTES / 4
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/**
 * Takes readings from a scanner and keeps them as blocks of their shards, chunk by chunk. Numbers of devices, metrics and regions are this
 * thread's own.
 */
export class ChunkReading {
  /** Where a scanner leaves value, time and position of a reading: numbers that are handed over would be allocated. */
  readonly row = new Float64Array(4)
  readonly #options: ScanOptions
  readonly #spare: ArrayBuffer[] = []
  readonly #parts: readonly ShareBlocks[]
  readonly #names = new ByteNames()
  /** By name as ByteNames counts them. */
  readonly #numberOf: number[] = []
  /** By number of the device. */
  #shards = new Uint8Array(1024)
  #tiers = new Uint8Array(1024)
  #regions = new Uint8Array(1024)
  readonly #devices = new DeviceNumbers()
  readonly #metrics = new Words()
  readonly #regionWords = new Words()
  #fresh: { id: number; name: string }[] = []
  #faults: Fault[] = []
  #faultCount = 0
  readonly #latest = Float64Array.of(-Infinity)
  #readings = 0

  constructor(options: ScanOptions) {
    this.#options = options
    this.#parts = Array.from({ length: options.shares }, () => new ShareBlocks(this.#spare))
    this.#regionWords.of(UNASSIGNED)
  }

  /** The number of the device whose name lies at `from` … `to`; −1 = no good name. */
  device(bytes: Uint8Array, from: number, to: number): number {
    if (to === from || to - from > 3 * MAX_NAME_LENGTH) return -1
    const known = this.#names.count
    const found = this.#names.find(bytes, from, to)
    if (found < known) return this.#numberOf[found]
    const name = decoder.decode(bytes.subarray(from, to))
    const id = deviceIdOf(name)
    const number = this.deviceOf(Math.floor(id / 0x1_0000), id % 0x1_0000)
    this.#fresh.push({ id, name })
    this.#numberOf[found] = number
    return number
  }

  deviceCalled(name: string): number {
    const bytes = encoder.encode(name)
    return this.device(bytes, 0, bytes.length)
  }

  /** The same where devices tend to come in the same order again and again: the one behind `before` is looked at first. */
  deviceAfter(before: number, high: number, low: number): number {
    return this.#devices.isNumber(before + 1, high, low) ? before + 1 : this.deviceOf(high, low)
  }

  /** The number of the device whose id is `high × 65,536 + low`. */
  deviceOf(high: number, low: number): number {
    const known = this.#devices.count
    const number = this.#devices.find(high, low)
    if (number === known) this.#describe(number)
    return number
  }

  #describe(number: number): void {
    const { ids } = this.#devices
    if (number >= this.#shards.length) this.#widen(ids.length)
    const { tier, region } = this.#options.devices.known(ids[number]) ?? {}
    this.#shards[number] = shardOfDevice(ids[number])
    this.#tiers[number] = tierIndex(tier ?? this.#options.defaultTier)
    this.#regions[number] = region === undefined || region === '' ? 0 : this.#regionWords.of(region)
  }

  metric(bytes: Uint8Array, from: number, to: number): number {
    if (to === from || to - from > 3 * MAX_NAME_LENGTH) return -1
    const metric = this.#metrics.find(bytes, from, to)
    return metric < METRIC_IDS ? metric : -1
  }

  metricOf(name: string): number {
    return this.#metrics.of(name)
  }

  region(bytes: Uint8Array, from: number, to: number): number {
    const region = to === from ? NO_REGION : this.#regionWords.find(bytes, from, to)
    return region <= NO_REGION ? region : -1
  }

  /** The reading in `row`; region and tier as numbers. Returns what is wrong with it, or ''. */
  put(device: number, metric: number, region: number, tier: number): string {
    const lat = this.row[ROW_LAT]
    const lon = this.row[ROW_LON]
    const latUnits = lat === lat ? Math.round(lat * UNITS_PER_DEGREE) : POSITION_ABSENT
    const lonUnits = lon === lon ? Math.round(lon * UNITS_PER_DEGREE) : POSITION_ABSENT
    return this.putUnits(device, metric, latUnits, lonUnits, region, tier)
  }

  /** The same, the position given as 1e-7 degree. */
  putUnits(device: number, metric: number, lat: number, lon: number, region: number, tier: number): string {
    const { fromMs, toMs, untilMs } = this.#options
    const time = this.row[ROW_TIME]
    const value = this.row[ROW_VALUE]
    if (!(time <= untilMs && time > 0 && value - value === 0)) return this.#wrong(time, value)
    if (time < fromMs || time >= toMs) return ''
    const shard = this.#shards[device]
    const part = this.#parts[shard % this.#parts.length]
    const ownRegion = region === NO_REGION ? this.#regions[device] : region
    const ownTier = tier === NO_TIER ? this.#tiers[device] : tier
    part.put(shard, device, kindOf(metric, ownRegion, ownTier), time, value, lat, lon)
    this.#readings++
    if (time > this.#latest[0]) this.#latest[0] = time
    return ''
  }

  /** `count` readings as the wire protocol has them, from byte `first` on. Returns what is wrong with the last one that is, or ''. */
  putFrame(bytes: FrameBytes, first: number, count: number, metrics: MetricNumbers): string {
    const { u32, i32, f64 } = bytes
    const { fromMs, toMs, untilMs } = this.#options
    const parts = this.#parts
    const shares = parts.length
    let fault = ''
    let device = -1
    let [latest, taken, low, high, id, metric, kind] = [-Infinity, 0, -1, -1, -1, -1, 0]
    for (let i = 0, word = first >>> 2; i < count; i++, word += READING_WORDS) {
      const time = f64[(word + READING_TIME / 4) >>> 1]
      const value = f64[(word + READING_VALUE / 4) >>> 1]
      if (u32[word] !== low || u32[word + 1] !== high) {
        if (u32[word + 1] !== high || (u32[word] ^ low) >>> 16 !== 0)
          device = this.deviceAfter(device, u32[word + 1], u32[word] >>> 16)
        low = u32[word]
        high = u32[word + 1]
        if ((low & 0xffff) !== id) metric = metrics.of((id = low & 0xffff), this)
        kind = kindOf(metric, this.#regions[device], this.#tiers[device])
      }
      if (!(time <= untilMs && time > 0 && value - value === 0)) {
        fault = `reading ${i}: ${this.#wrong(time, value)}`
        continue
      }
      if (time < fromMs || time >= toMs) continue
      const shard = this.#shards[device]
      const lat = i32[word + READING_LAT / 4]
      const lon = i32[word + READING_LON / 4]
      parts[shares === 1 ? 0 : shard % shares].put(shard, device, kind, time, value, lat, lon)
      taken++
      if (time > latest) latest = time
    }
    this.#readings += taken
    if (latest > this.#latest[0]) this.#latest[0] = latest
    return fault
  }

  fault(line: number, message: string): void {
    if (this.#faultCount++ < MAX_FAULTS) this.#faults.push({ line, message })
  }

  /** What has been taken since the last time. */
  take(lines: number): ScannedChunk {
    const chunk = {
      parts: this.#parts.map((part) => part.take()),
      lines,
      readings: this.#readings,
      latest: this.#latest[0],
      faults: this.#faults,
      faultCount: this.#faultCount,
      metrics: this.#metrics.fresh(),
      regions: this.#regionWords.fresh(),
      deviceIds: this.#devices.fresh(),
      devices: this.#fresh,
    }
    this.#fresh = []
    this.#faults = []
    this.#faultCount = 0
    this.#readings = 0
    this.#latest[0] = -Infinity
    return chunk
  }

  /** Memory of records that are done with. */
  reuse(records: ArrayBuffer): void {
    if (this.#spare.length < MAX_SPARE) this.#spare.push(records)
  }

  #wrong(time: number, value: number): string {
    if (!Number.isFinite(value)) return `the value ${value} is no finite number`
    if (!(time > 0 && time <= LAST_TIME)) return `the time ${time} is not in milliseconds since 1970`
    return `the time ${new Date(time).toISOString()} is in the future`
  }

  #widen(length: number): void {
    const wider = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(length)
      to.set(from)
      return to
    }
    this.#shards = wider(this.#shards)
    this.#tiers = wider(this.#tiers)
    this.#regions = wider(this.#regions)
  }
}
