import { deviceIdOf } from '../../core/ids.ts'
import { MAX_NAME_LENGTH } from '../../core/names.ts'
import { type Tier, TIERS, tierIndex } from '../../core/tiers.ts'
import { READING_BYTES, READING_TIME, READING_VALUE } from '../../memory/layout/reading.layout.ts'
import type { DeviceList } from '../device-list.ts'
import { BlockPool } from './block-pool.ts'
import { ByteNames } from './byte-names.ts'
import { DeviceNumbers } from './device-numbers.ts'
import type { MetricNumbers } from './metric-numbers.ts'
import type { ScanDesk } from './scan-desk.ts'
import * as S from './scan.layout.ts'
import type { Blocks } from './share-blocks.ts'
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

export const ROW_VALUE = 0
export const ROW_TIME = 1
/** Degrees, NaN = no position. */
export const ROW_LAT = 2
export const ROW_LON = 3

export const MAX_FAULTS = 20
/** Of a Date. */
const LAST_TIME = 8.64e15
const UNASSIGNED = 'unassigned'
const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/**
 * Takes readings from a scanner and keeps them as blocks of their shards, chunk by chunk. Numbers of devices, metrics and regions
 * are this thread's own. Everything that the scanning kernels look at lies in the desk's memory; they come back here for what
 * they don't know.
 */
export class ChunkReading {
  /** Where a scanner leaves value, time and position of a reading: numbers that are handed over would be allocated. */
  readonly row: Float64Array
  readonly desk: ScanDesk
  readonly #options: ScanOptions
  readonly #blocks: BlockPool
  /** What stands for a name is the number of the device. */
  readonly #names: ByteNames
  readonly #devices: DeviceNumbers
  readonly #metrics: Words
  readonly #regions: Words
  #fresh: { id: number; name: string }[] = []
  #faults: Fault[] = []
  #faultCount = 0

  constructor(desk: ScanDesk, options: ScanOptions) {
    const { f64 } = desk
    this.desk = desk
    this.row = f64.subarray(S.DESK_ROW / 8, S.DESK_ROW / 8 + 4)
    this.#options = options
    this.#blocks = new BlockPool(desk, options.shares)
    this.#names = new ByteNames(desk, S.DESK_DEVICES)
    this.#devices = new DeviceNumbers(desk)
    this.#metrics = new Words(desk, S.DESK_METRICS)
    this.#regions = new Words(desk, S.DESK_REGIONS)
    this.#regions.of(UNASSIGNED)
    const tiers = new Words(desk, S.DESK_TIERS)
    for (const tier of TIERS) tiers.of(tier)
    f64[S.DESK_UNTIL_MS / 8] = options.untilMs
    f64[S.DESK_FROM_MS / 8] = options.fromMs
    f64[S.DESK_TO_MS / 8] = options.toMs
    f64[S.DESK_LATEST / 8] = -Infinity
  }

  /** The number of the device whose name lies at `from` … `to`; −1 = no good name. */
  device(bytes: Uint8Array, from: number, to: number): number {
    if (to === from || to - from > 3 * MAX_NAME_LENGTH) return -1
    const known = this.#names.count
    const name = nameAt(bytes, from, to)
    if (name === undefined) return -1
    const found = this.#names.find(bytes, from, to)
    if (found < known) return this.#names.numberOf(found)
    const id = deviceIdOf(name)
    const number = this.deviceOf(Math.floor(id / 0x1_0000), id % 0x1_0000)
    this.#fresh.push({ id, name })
    this.#names.stand(found, number)
    return number
  }

  deviceCalled(name: string): number {
    const bytes = encoder.encode(name)
    return this.device(bytes, 0, bytes.length)
  }

  /** The number of the device whose id is `high × 65,536 + low`. */
  deviceOf(high: number, low: number): number {
    const known = this.#devices.count
    const number = this.#devices.find(high, low)
    if (number === known) this.#describe(number)
    return number
  }

  #describe(number: number): void {
    const { ids, about } = this.#devices
    const { tier, region } = this.#options.devices.known(ids[number]) ?? {}
    const ownTier = tierIndex(tier ?? this.#options.defaultTier)
    const ownRegion = region === undefined || region === '' ? 0 : this.#regions.of(region)
    about[number] = shardOfDevice(ids[number]) | (ownRegion << 16) | (ownTier << 24)
  }

  metric(bytes: Uint8Array, from: number, to: number): number {
    if (to === from || to - from > 3 * MAX_NAME_LENGTH || nameAt(bytes, from, to) === undefined) return -1
    const metric = this.#metrics.find(bytes, from, to)
    return metric < S.MAX_METRICS ? metric : -1
  }

  metricOf(name: string): number {
    return this.#metrics.of(name)
  }

  region(bytes: Uint8Array, from: number, to: number): number {
    if (to === from) return S.NO_REGION
    if (to - from > 3 * MAX_NAME_LENGTH || nameAt(bytes, from, to) === undefined) return -1
    const region = this.#regions.find(bytes, from, to)
    return region < S.NO_REGION ? region : -1
  }

  /** The reading in `row`; region and tier as numbers. Returns what is wrong with it, or ''. */
  put(device: number, metric: number, region: number, tier: number): string {
    const { kernels, address } = this.desk
    this.#blocks.ensureRoom()
    if (kernels.putReading(address, device, metric, region, tier) !== 0) return ''
    return this.#wrong(this.row[ROW_TIME], this.row[ROW_VALUE])
  }

  /** `count` readings as the wire protocol has them, at an address in the desk's memory. Returns what is wrong with the last one that is, or ''. */
  putFrame(first: number, count: number, metrics: MetricNumbers): string {
    const { kernels, address, i32 } = this.desk
    let wrong = S.NONE
    for (let done = 0; ;) {
      const at = first + done * READING_BYTES
      const taken = kernels.scanReadings(address, at, count - done)
      if (i32[S.DESK_WRONG / 4] !== S.NONE) wrong = done + i32[S.DESK_WRONG / 4]
      done += taken
      if (done === count) break
      this.#meet(i32[S.DESK_STOP / 4], first + done * READING_BYTES, metrics)
    }
    if (wrong === S.NONE) return ''
    const reading = new DataView(this.desk.buffer, first + wrong * READING_BYTES)
    const time = reading.getFloat64(READING_TIME, true)
    return `reading ${wrong}: ${this.#wrong(time, reading.getFloat64(READING_VALUE, true))}`
  }

  /** What is new with the reading at which a kernel stopped. */
  #meet(reason: number, at: number, metrics: MetricNumbers): void {
    const reading = new DataView(this.desk.buffer, at)
    if (reason === S.STOP_ROOM) this.#blocks.makeRoom()
    else if (reason === S.STOP_METRIC_ID) metrics.of(reading.getUint16(0, true), this)
    else this.deviceOf(reading.getUint32(4, true), reading.getUint16(2, true))
  }

  makeRoom(): void {
    this.#blocks.makeRoom()
  }

  fault(line: number, message: string): void {
    if (this.#faultCount++ < MAX_FAULTS) this.#faults.push({ line, message })
  }

  /** What has been taken since the last time. */
  take(lines: number): ScannedChunk {
    const { u32, f64 } = this.desk
    const chunk = {
      parts: this.#blocks.take(),
      lines,
      readings: u32[S.DESK_READINGS / 4],
      latest: f64[S.DESK_LATEST / 8],
      faults: this.#faults,
      faultCount: this.#faultCount,
      metrics: this.#metrics.fresh(),
      regions: this.#regions.fresh(),
      deviceIds: this.#devices.fresh(),
      devices: this.#fresh,
    }
    this.#fresh = []
    this.#faults = []
    this.#faultCount = 0
    u32[S.DESK_READINGS / 4] = 0
    f64[S.DESK_LATEST / 8] = -Infinity
    return chunk
  }

  /** Memory of records that are done with. */
  reuse(records: ArrayBuffer): void {
    this.#blocks.reuse(records)
  }

  #wrong(time: number, value: number): string {
    if (!Number.isFinite(value)) return `the value ${value} is no finite number`
    if (!(time > 0 && time <= LAST_TIME)) return `the time ${time} is not in milliseconds since 1970`
    return `the time ${new Date(time).toISOString()} is in the future`
  }
}

/** Undefined = not valid UTF-8. */
function nameAt(bytes: Uint8Array, from: number, to: number): string | undefined {
  try {
    // a decoder doesn't take views of shared memory: a slice is a copy
    return decoder.decode(bytes.slice(from, to))
  } catch {
    return undefined
  }
}
